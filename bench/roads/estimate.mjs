// How long the matrix takes: what a run of a cell waits for, beside what it takes to open and close its pages.

/** Pages, contexts, and bringing the feature back. */
const aroundS = 2;
/** As measured, on average: a watchdog, a poll or the silence of a leader has to pass in three of them. */
const waitS = {
  live: 0.2,
  'stream reset': 0.7,
  'silent black hole': 15,
  'LISTEN terminated': 0.2,
  'a cache in front': 17,
  'leader tab frozen': 17.5,
  'cold start from a stored v2': 1.2,
  'BEGIN; UPDATE held open': 0.4,
  'a replica killed': 1.5,
};
/** Waits for a poll, wherever a stream would have been. */
const pollWaitS = { live: 17, 'silent black hole': 22 };

/** @param cells of { road, state } @returns seconds of one run of each */
export const secondsOf = (cells) =>
  cells.reduce((sum, { road, state }) => {
    const polled = road === 'static snapshot on a CDN' ? pollWaitS[state] : undefined;
    return sum + aroundS + (polled ?? waitS[state]);
  }, 0);

/** Seconds as people say them. */
export function inWords(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
