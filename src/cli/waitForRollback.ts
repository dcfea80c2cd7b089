import { setTimeout as delay } from 'node:timers/promises';
import type { Order, Version } from '../evaluate/snapshot.js';
import { compareOrder } from '../evaluate/snapshot.js';
import type { Api } from './api.js';
import { CliError } from './exit.js';
import { createProgressLine } from './planProgress.js';

/** The part of `GET /api/health/rollback-status` that is read here. */
interface RollbackStatus {
  readonly rollbackComplete: boolean;
  readonly target: Order | null;
  readonly current: Order;
  readonly elapsedSeconds: number;
  readonly streams: { readonly connected: number; readonly sampled: number; readonly confirmed: number };
  readonly status: Readonly<Record<string, Version>>;
  readonly blockers: readonly string[];
}

/** How a rollback went; `text` says it in one line. */
export interface RollbackOutcome {
  readonly confirmed: boolean;
  readonly text: string;
  readonly streams: { readonly sampled: number; readonly confirmed: number } | null;
  readonly elapsedSeconds: number | null;
}

const pollMs = 100;

/**
 * Waits until every open page has said that it shows v1; a terminal sees what it waits for.
 * @param what the feature, or words for all of them
 */
export function waitForRollback(api: Api, what: string, change: Order, waitS: number): Promise<RollbackOutcome> {
  const line = createProgressLine(process.stderr);
  return wait(api, what, change, waitS, (text) => line.draw(`${what}: v1 was sent; ${text}`)).finally(line.clear);
}

async function wait(
  api: Api,
  what: string,
  change: Order,
  waitS: number,
  onProgress: (text: string) => void,
): Promise<RollbackOutcome> {
  const untilMs = Date.now() + waitS * 1_000;
  let last: RollbackStatus | null = null;
  let trouble = '';
  do {
    try {
      last = (await api.call<RollbackStatus>('GET', '/api/health/rollback-status')).body;
      trouble = '';
      if (compareOrder(last.current, change) >= 0) {
        const { target, rollbackComplete, streams, elapsedSeconds } = last;
        const isOwn = target !== null && compareOrder(target, change) >= 0;
        if (!isOwn || rollbackComplete) return done(what, change, { isOwn, streams, elapsedSeconds });
      }
    } catch (error) {
      // The change is made: an answer that is late or lost must not make it look as if it were not.
      if (!(error instanceof CliError)) throw error;
      trouble = error.message;
    }
    const leftS = Math.ceil(Math.max(0, untilMs - Date.now()) / 1_000);
    onProgress(
      `waiting up to ${leftS} s more: ${trouble || (last?.blockers[0] ?? 'the service has not published it')}`,
    );
    await delay(Math.min(pollMs, Math.max(0, untilMs - Date.now())));
  } while (Date.now() < untilMs);
  const why = last === null ? trouble : last.blockers.join('; ');
  return {
    confirmed: false,
    text: `${what}: v1 was sent at revision ${change.revision}, not confirmed within ${waitS} s: ${why}`,
    streams: last === null ? null : last.streams,
    elapsedSeconds: null,
  };
}

function done(
  what: string,
  { revision }: Order,
  { isOwn, streams, elapsedSeconds }: { isOwn: boolean; streams: RollbackStatus['streams']; elapsedSeconds: number },
): RollbackOutcome {
  const { sampled, confirmed } = streams;
  const who =
    sampled === 0 ? 'no stream was open' : `${confirmed} of ${sampled} streams confirmed in ${elapsedSeconds} s`;
  const text = isOwn
    ? `${what} is v1 for everyone: revision ${revision}, ${who}`
    : `${what} was v1 for everyone already: revision ${revision}`;
  return { confirmed: true, text, streams, elapsedSeconds };
}
