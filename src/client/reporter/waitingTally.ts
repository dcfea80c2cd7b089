import type { Observation } from '../../observe/observe.js';
import type { OpenTally } from '../../observe/tally.js';

/**
 * What one user did for the guard, a bit for each: sent once per subject, feature and stage, whole whatever `sampling` says. Someone
 * whose v2 failed before it was seen was treated as well: without `exposed` there could be more errors than users.
 */
export const unitBits: Readonly<Partial<Record<Observation['kind'], number>>> = {
  exposure: 1,
  failure: 3,
  slow: 5,
  silent: 9,
};

/** A tally that waits to be sent. */
export interface WaitingTally {
  readonly tally: OpenTally;
  units: number;
  readonly subject: string;
  /** 0–1: the share of users whose observations are in tallies like this; below 1 it holds values alone. */
  readonly sampling: number;
  /** Holds a failure, something of the breaker, or a unit: first in its batch, last to be dropped. */
  isCritical: boolean;
  /** Observations in it. */
  observations: number;
  /** Its JSON; empty: not written since the last observation. */
  text: string;
  /** Bytes it takes in a batch: of its text, or else a guess that is seldom too low. */
  bytes: number;
}

const envelopeBytes = 512;
const subjectBytes = 96;

const toBucket = ({ tally, units, sampling }: WaitingTally) => ({
  ...tally,
  units: { exposed: units & 1, error: (units >> 1) & 1, slow: (units >> 2) & 1, silent: units >> 3 },
  sampling,
});

/** Writes the JSON of a tally, unless it is there, and so knows what it takes in a batch. */
export function writeTally(waiting: WaitingTally): void {
  if (waiting.text) return;
  waiting.text = JSON.stringify(toBucket(waiting));
  waiting.bytes = new TextEncoder().encode(waiting.text).length + subjectBytes;
}

/** Critical ones first, and then in order. */
const byImportance = (waiting: Iterable<WaitingTally>): readonly WaitingTally[] =>
  [...waiting].sort((a, b) => Number(b.isCritical) - Number(a.isCritical));

/** Chooses the tallies of the next batch, all of them written: critical ones first and then in order, one subject per feature. */
export function chooseTallies(waiting: Iterable<WaitingTally>, maxBytes: number): readonly WaitingTally[] {
  const chosen: WaitingTally[] = [];
  const subjects = new Map<string, string>();
  let bytes = envelopeBytes;
  for (const entry of byImportance(waiting)) {
    const { subject, tally, bytes: added } = entry;
    if ((subjects.get(tally.feature) ?? subject) !== subject || bytes + added > maxBytes) continue;
    subjects.set(tally.feature, subject);
    bytes += added;
    chosen.push(entry);
  }
  return chosen;
}
