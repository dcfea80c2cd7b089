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

/** What came of a snapshot: a problem and an application may come together, when one feature of it was malformed. */
export interface Intake {
  apply(value: unknown): { readonly isApplied: boolean; readonly problem: SwitchbackError | undefined };
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
  let lastJson: unknown;
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

  const accept = (snapshot: Snapshot): boolean => {
    const { snapshot: current, announced } = read();
    if (current !== null && compareOrder(snapshot, current) <= 0) return false;
    const isCovered = announced !== null && (announced.order === null || compareOrder(snapshot, announced.order) >= 0);
    put({ snapshot, announced: isCovered ? null : announced, isStale: false });
    scheduleBoundary();
    scheduleStale();
    if (hasNewKills(snapshot, current)) confirmOnScreen(snapshot);
    return true;
  };

  const announce = (order: Order | null, kills: Iterable<string>, emergency: boolean): void => {
    const { snapshot, announced } = read();
    if (order !== null && snapshot !== null && compareOrder(order, snapshot) <= 0) return;
    const latest = announced?.order && order && compareOrder(announced.order, order) > 0 ? announced.order : order;
    put({
      announced: {
        order: latest,
        kills: new Set([...(announced?.kills ?? []), ...kills]),
        emergency: emergency || announced?.emergency === true,
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
      const isApplied = accept(parsed.snapshot);
      if (isApplied) lastJson = value;
      return { isApplied, problem };
    }
    if (parsed.status === 'killsOnly') announce(null, parsed.kills, parsed.emergency !== null);
    return { isApplied: false, problem };
  };

  const scheduleBoundary = (): void => {
    cancelBoundary();
    const { snapshot } = read();
    const atMs = snapshot === null ? null : nextBoundaryMs(snapshot, serviceNowMs());
    if (!isRunning || atMs === null) return;
    cancelBoundary = clock.after(atMs - serviceNowMs(), () => {
      refresh();
      scheduleBoundary();
    });
  };

  const scheduleStale = (): void => {
    cancelStale();
    const { snapshot, contactAtMs } = read();
    if (!isRunning || source?.storageKey == null || snapshot === null) return;
    const { maxStaleMs } = snapshot.delivery;
    // A clock that was set back must not keep an old v2 for longer than the service allows.
    const leftMs = Math.min((contactAtMs ?? clock.now()) + maxStaleMs - clock.now(), maxStaleMs);
    cancelStale = clock.after(leftMs, () => put({ isStale: true }));
  };

  const confirmOnScreen = (order: Order): void => {
    if (source?.confirm === undefined || !isRunning) return;
    const confirm = () => void faults.guard('confirm', () => source.confirm?.(order));
    // A hidden page is not painted; what counts there is that the change is in the document.
    const isPainted = typeof requestAnimationFrame === 'function' && document.visibilityState !== 'hidden';
    if (isPainted) requestAnimationFrame(confirm);
    else clock.after(0, confirm);
  };

  const saveAnnounced = (): void => {
    const { announced, snapshot } = read();
    const json = lastJson;
    if (announced === null || snapshot === null || typeof json !== 'object' || json === null) return;
    const kills = [...snapshot.kills, ...announced.kills];
    const emergency = announced.emergency ? { since: '' } : snapshot.emergency;
    faults.guard('storage', () => snapshots().save({ ...json, kills, emergency }, clock.now()));
  };

  const listen = (isCurrent: () => boolean): SourceListener => ({
    snapshot(value) {
      if (!isCurrent()) return;
      const { isApplied, problem } = apply(value);
      if (isApplied) faults.guard('storage', () => snapshots().save(value, clock.now()));
      if (problem === undefined) return;
      faults.report('snapshot', problem);
      store.setState({ error: problem });
    },
    kills(order, kills, emergency) {
      if (!isCurrent()) return;
      announce(order, kills, emergency);
      // A page closed before the snapshot arrives must not start again from the v2 it knew.
      saveAnnounced();
      confirmOnScreen(order);
    },
    contact(nowMs) {
      if (!isCurrent()) return;
      if (nowMs !== undefined) serviceOffsetMs = nowMs - clock.now();
      const { isStale } = read();
      store.setState({ contactAtMs: clock.now(), isStale: false });
      if (isStale || nowMs !== undefined) refresh();
      if (nowMs !== undefined) scheduleBoundary();
      faults.guard('storage', () => snapshots().touch(clock.now()));
      scheduleStale();
    },
    status(status, error) {
      if (isCurrent()) store.setState({ status, error: error ?? null });
    },
    fault: (operation, error) => faults.report(operation, error),
  });

  return {
    apply,
    serviceNowMs,
    save() {
      if (lastJson !== undefined) faults.guard('storage', () => snapshots().save(lastJson, clock.now()));
    },
    restore() {
      const stored = faults.guard('storage', () => snapshots().load(clock.now()));
      if (stored === undefined) return;
      const { isApplied } = apply(stored.value);
      if (isApplied) store.setState({ contactAtMs: stored.contactAtMs });
    },
    start() {
      isRunning = true;
      stopSource();
      scheduleBoundary();
      scheduleStale();
      if (source === undefined) return;
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
  if (next.emergency !== null && current?.emergency == null) return true;
  for (const kill of next.kills) if (current?.kills.has(kill) !== true) return true;
  return false;
}
