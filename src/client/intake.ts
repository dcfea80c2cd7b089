import { SwitchbackError } from '../error.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import { compareOrder, type Order, type Snapshot } from '../evaluate/snapshot.js';
import type { Clock } from './clock.js';
import type { Faults } from './faults.js';
import type { SnapshotStore } from './snapshotStore.js';
import type { Source, SourceListener } from './source/source.js';
import type { ClientState, ClientStore } from './state.js';
import { nextBoundaryMs } from './timetable.js';

export interface IntakeOptions {
  readonly store: ClientStore;
  readonly source: Source | undefined;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Of the present identity. */
  readonly snapshots: () => SnapshotStore;
  /** Decides anew after the state changed. */
  readonly refresh: () => void;
}

/** What came of a snapshot: it may have a problem and be applied, when one feature of it was malformed. */
export interface Intaken {
  /** As it was read; undefined where it could not be. */
  readonly snapshot?: Snapshot;
  readonly isApplied: boolean;
  readonly problem: SwitchbackError | undefined;
}

export interface Intake {
  apply(value: unknown): Intaken;
  /** Uses the last known good snapshot, if there is one. */
  restore(): void;
  /** Keeps the present snapshot for the present identity. */
  save(): void;
  start(): void;
  stop(): void;
  /** The service's time, ms since 1970. */
  serviceNowMs(): number;
}

const nothing = () => {};

/** Takes what a source says into the state: in order, kills first, and no longer than it may be believed. */
export function createIntake({ store, source, clock, faults, snapshots, refresh }: IntakeOptions): Intake {
  const { getState: read } = store;
  let lastJson: object | undefined;
  let serviceOffsetMs = 0;
  let isRunning = false;
  let cancelBoundary = nothing;
  let cancelStale = nothing;
  let stopSource = nothing;

  const serviceNowMs = () => clock.now() + serviceOffsetMs;
  const put = (change: Partial<ClientState>): void => {
    store.setState(change);
    refresh();
  };
  const save = (changes?: object): void => {
    if (lastJson) faults.guard('storage', () => snapshots().save({ ...lastJson, ...changes }, clock.now()));
  };

  const accept = (snapshot: Snapshot): boolean => {
    const { snapshot: current, announced } = read();
    const order = current ? compareOrder(snapshot, current) : 1;
    // A service that cannot store a rollback yet adds it to the revision that is known.
    if (order === 0 && hasNewKills(snapshot, current)) announce(null, snapshot.kills, snapshot.emergency !== null);
    if (order <= 0) return false;
    const isAhead = announced?.order && compareOrder(snapshot, announced.order) < 0;
    put({ snapshot, announced: isAhead ? announced : null, isStale: false });
    reschedule();
    if (hasNewKills(snapshot, current)) confirmOnScreen(snapshot);
    return true;
  };

  const announce = (order: Order | null, kills: Iterable<string>, emergency: boolean): void => {
    const { snapshot, announced } = read();
    if (order && snapshot && compareOrder(order, snapshot) <= 0) return;
    const latest = announced?.order && order && compareOrder(announced.order, order) > 0 ? announced.order : order;
    put({
      announced: {
        order: latest,
        kills: new Set([...(announced?.kills ?? []), ...kills]),
        emergency: emergency || Boolean(announced?.emergency),
      },
    });
  };

  const apply: Intake['apply'] = (value) => {
    const parsed = parseSnapshot(value);
    const [first] = parsed.problems;
    const problem =
      first &&
      new SwitchbackError(
        'invalid-snapshot',
        `snapshot${first.pointer} must be ${first.message}, found ${first.value}`,
      );
    if (parsed.status === 'valid') {
      const { snapshot } = parsed;
      const isApplied = accept(snapshot);
      if (isApplied) lastJson = value as object;
      return { snapshot, isApplied, problem };
    }
    if (parsed.status === 'killsOnly') announce(null, parsed.kills, parsed.emergency !== null);
    return { isApplied: false, problem };
  };

  /** Wakes up when a feature's window opens or closes, and when what is known may not be believed any more. */
  const reschedule = (): void => {
    cancelBoundary();
    cancelStale();
    const { snapshot, contactAtMs } = read();
    if (!isRunning || !snapshot) return;
    const nowMs = clock.now();
    const boundaryMs = nextBoundaryMs(snapshot, serviceNowMs());
    if (boundaryMs)
      cancelBoundary = clock.after(boundaryMs - serviceNowMs(), () => {
        refresh();
        reschedule();
      });
    if (source?.storageKey == null) return;
    const { maxStaleMs } = snapshot.delivery;
    // A clock that was set back must not keep an old v2 for longer than the service allows.
    const leftMs = Math.min((contactAtMs ?? nowMs) - nowMs, 0) + maxStaleMs;
    cancelStale = clock.after(leftMs, () => put({ isStale: true }));
  };

  const confirmOnScreen = (order: Order): void => {
    if (!source?.confirm || !isRunning) return;
    const confirm = () => void faults.guard('confirm', () => source.confirm?.(order));
    // A hidden page is not painted; what counts there is that the change is in the document.
    const isPainted = typeof requestAnimationFrame === 'function' && document.visibilityState !== 'hidden';
    if (isPainted) requestAnimationFrame(confirm);
    else clock.after(0, confirm);
  };

  // A page closed before the snapshot arrives must not start again from the v2 it knew.
  const saveAnnounced = (): void => {
    const { announced, snapshot } = read();
    if (!announced || !snapshot) return;
    const emergency = announced.emergency ? { since: '' } : snapshot.emergency;
    save({ kills: [...snapshot.kills, ...announced.kills], emergency });
  };

  const listen = (isCurrent: () => boolean): SourceListener => ({
    snapshot(value) {
      if (!isCurrent()) return;
      const { isApplied, problem } = apply(value);
      if (isApplied) save();
      else saveAnnounced();
      if (problem === undefined) return;
      faults.report('snapshot', problem);
      store.setState({ error: problem });
    },
    kills(order, kills, emergency) {
      if (!isCurrent()) return;
      announce(order, kills, emergency);
      saveAnnounced();
      confirmOnScreen(order);
    },
    contact(nowMs) {
      if (!isCurrent()) return;
      if (nowMs !== undefined) serviceOffsetMs = nowMs - clock.now();
      const { isStale } = read();
      store.setState({ contactAtMs: clock.now(), isStale: false });
      if (isStale || nowMs !== undefined) refresh();
      faults.guard('storage', () => snapshots().touch(clock.now()));
      reschedule();
    },
    status(status, error) {
      if (isCurrent()) store.setState({ status, error: error ?? null });
    },
    fault: (operation, error) => faults.report(operation, error),
  });

  return {
    apply,
    serviceNowMs,
    save: () => save(),
    restore() {
      const stored = faults.guard('storage', () => snapshots().load(clock.now()));
      if (stored && apply(stored.value).isApplied) store.setState({ contactAtMs: stored.contactAtMs });
    },
    start() {
      isRunning = true;
      stopSource();
      reschedule();
      if (!source) return;
      let isCurrent = true;
      const request = { context: read().context, order: () => read().snapshot };
      const stop = faults.guard('source', () =>
        source.start(
          listen(() => isCurrent),
          request,
        ),
      );
      stopSource = () => {
        isCurrent = false;
        stopSource = nothing;
        faults.guard('source', () => stop?.());
      };
    },
    stop() {
      isRunning = false;
      stopSource();
      cancelBoundary();
      cancelStale();
    },
  };
}

function hasNewKills(next: Snapshot, current: Snapshot | null): boolean {
  return Boolean(next.emergency && !current?.emergency) || [...next.kills].some((kill) => !current?.kills.has(kill));
}
