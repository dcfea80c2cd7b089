// Comes in: a half-open breaker. Goes out: whether this tab is the one of its browser that may try v2. Who calls: probes, by import().
import type { OnInternalFault } from '../error.js';
import type { Clock } from './clock.js';
import type { SafeStorage } from './storage.js';

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal: AbortSignal } | { readonly steal: true },
    run: () => Promise<void>,
  ): Promise<unknown>;
}

export interface Visibility {
  isVisible(): boolean;
  subscribe(listener: () => void): () => void;
}

export interface LeaseHost {
  readonly locks: Locks;
  /** Where the holder's heartbeat is seen. */
  readonly storage: Pick<SafeStorage, 'get' | 'set' | 'remove'>;
  readonly clock: Clock;
  /** Default: the page's. */
  readonly visibility?: Visibility | undefined;
  readonly onFault: OnInternalFault;
}

/** A tab's place among those that wait to try v2. */
export interface Lease {
  /** Whether it is this tab's now. A tab that hung for too long has lost it, even before it was told. */
  isHeld(): boolean;
  /**
   * Keeps the lease for a gate that tries, beyond its time and while the tab is hidden.
   * @param onLost called when it is lost all the same
   * @returns what ends keeping it
   */
  keep(onLost: () => void): () => void;
  close(): void;
}

const beatMs = 2_000;
// The holder counts itself out well before another counts it as hung.
const holdsForMs = 6_000;
const overdueBeats = 5;
const idleBeats = 5;

/** One request of the lock. */
interface Turn {
  readonly aborter: AbortController;
  state: 'waiting' | 'doubtful' | 'held';
  beats: number;
  beatAtMs: number;
  seen: string | null;
  release: () => void;
}

const pageVisibility: Visibility = {
  isVisible: () => document.visibilityState === 'visible',
  subscribe(listener) {
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  },
};

/** Asks for the lease of one feature until it is closed. */
export function createLease(feature: string, host: LeaseHost): Lease {
  const { locks, storage, clock, visibility = pageVisibility, onFault } = host;
  const name = `switchback:probe:${feature}`;
  let turn: Turn | undefined;
  let cancelBeat = () => {};
  let tellLost: (() => void) | undefined;
  let isClosed = false;
  let isAlone = false;

  const hasHung = (own: Turn): boolean => Math.abs(clock.now() - own.beatAtMs) > holdsForMs;
  const isHeld = (): boolean => isAlone || (turn?.state === 'held' && !hasHung(turn));

  const ask = async (steal = false): Promise<void> => {
    if (turn || isClosed || isAlone || !visibility.isVisible()) return;
    const aborter = new AbortController();
    const seen = storage.get(name);
    const own: Turn = { aborter, state: 'waiting', beats: 0, beatAtMs: clock.now(), seen, release: () => {} };
    turn = own;
    const run = (): Promise<void> =>
      new Promise((resolve) => {
        if (turn !== own) return resolve();
        own.release = resolve;
        // What was granted to a tab that hung may have been stolen from it since.
        own.state = steal || hasHung(own) ? 'doubtful' : 'held';
        own.beats = 0;
        beat(own);
      });
    watchLater(own);
    try {
      await locks.request(name, steal ? { steal } : { signal: aborter.signal }, run);
    } catch (error) {
      if (turn === own && Object(error).name !== 'AbortError') {
        isAlone = true;
        onFault('lease', error);
      }
    }
    // It was not given back but taken.
    if (turn === own) again();
  };
  const drop = (): void => {
    const own = turn;
    turn = undefined;
    cancelBeat();
    own?.aborter.abort();
    own?.release();
  };
  const again = (steal = false): void => {
    drop();
    const tell = tellLost;
    tellLost = undefined;
    tell?.();
    void ask(steal);
  };

  const watchLater = (own: Turn): void => {
    cancelBeat();
    cancelBeat = clock.after(beatMs, () => (own.state === 'waiting' ? watch(own) : beatAgain(own)));
  };
  // Another tab's clock says nothing here: what counts is for how many of our own beats its heartbeat stood still.
  const watch = (own: Turn): void => {
    const seen = storage.get(name);
    own.beats = seen === own.seen ? own.beats + 1 : 0;
    own.seen = seen;
    own.beatAtMs = clock.now();
    if (own.beats >= overdueBeats) again(true);
    else watchLater(own);
  };
  const beat = (own: Turn): void => {
    own.beatAtMs = clock.now();
    storage.set(name, String((Number(storage.get(name)) % 1e9 || 0) + 1));
    watchLater(own);
  };
  const beatAgain = (own: Turn): void => {
    if (hasHung(own)) return again();
    // Whoever it was stolen from or by has had time to tell.
    own.state = 'held';
    own.beats = tellLost ? 0 : own.beats + 1;
    if (own.beats >= idleBeats) again();
    else beat(own);
  };

  const look = (): void => {
    if (visibility.isVisible()) void ask();
    else if (!tellLost) drop();
  };
  const stopLooking = visibility.subscribe(look);
  void ask();

  return {
    isHeld,
    keep(onLost) {
      tellLost = onLost;
      return () => {
        if (tellLost !== onLost) return;
        tellLost = undefined;
        look();
      };
    },
    close() {
      isClosed = true;
      stopLooking();
      if (turn && turn.state !== 'waiting') storage.remove(name);
      tellLost = undefined;
      drop();
    },
  };
}
