// One page that follows many streams, each by a source of its own and the browser's EventSource.
import { httpSource } from 'react-switchback/client';
import { recordingListener } from '../recordingListener.js';

/** What a source had heard when the last event of its stream came. */
export interface Followed {
  /** The revision the page has by then. */
  readonly revision: number | null;
  /** Revisions of all snapshots that arrived by the stream or by GET, whatever became of them. */
  readonly arrived: readonly unknown[];
  /** The settings in the newest snapshot. */
  readonly config: unknown;
  /** Events that made no sense. */
  readonly malformed: number;
  readonly status: string | undefined;
  /** What the page has once it asked again, where that was waited for. */
  readonly laterRevision: number | null;
  readonly isPolluted: boolean;
}

declare global {
  interface Window {
    follow(url: string, endsBy: 'event' | 'get', until: number | null): Promise<Followed>;
  }
}

const frame = () => new Promise((resolve) => setTimeout(resolve, 5));

window.follow = async (url, endsBy, until) => {
  const { heard, listener, request } = recordingListener();
  const revisionNow = () => request.order()?.revision ?? null;
  const look = () => ({ revision: revisionNow(), arrived: heard.snapshots.length, status: heard.statuses.at(-1) });
  let byThen: ReturnType<typeof look> | undefined;
  // Whatever is spread over a time comes soon.
  const source = httpSource({ url, random: () => 0.01 });
  const stop = source.start(
    {
      ...listener,
      kills(...announced) {
        if (announced[1].includes('end')) byThen ??= look();
      },
    },
    request,
  );
  const giveUpMs = performance.now() + 15_000;
  const waitFor = async (isTrue: () => boolean) => {
    while (!isTrue() && performance.now() < giveUpMs) await frame();
  };
  if (endsBy === 'event') await waitFor(() => byThen !== undefined);
  else byThen = look();
  const then = byThen ?? { ...look(), revision: null };
  if (until !== null) await waitFor(() => (revisionNow() ?? 0) >= until);
  stop();
  const arrived = heard.snapshots.slice(0, endsBy === 'event' ? then.arrived : undefined).map((value) => Object(value));
  const newest = arrived.filter((snapshot) => snapshot.revision === then.revision).at(-1);
  return {
    revision: then.revision,
    arrived: arrived.map(({ revision }) => revision),
    config: newest?.features?.memoryPanel?.config,
    malformed: heard.faults.filter(({ error }) => String(error).includes('malformed')).length,
    status: then.status,
    laterRevision: revisionNow(),
    isPolluted: 'polluted' in {},
  };
};
