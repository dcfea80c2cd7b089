// Comes in: the store and its changes. Goes out: the current Publication, kept in memory while the store is away. Who calls: handler.
import type { OnInternalFault } from '../../error.js';
import { compareOrder, type Delivery, type Order } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import type { WithReplicas } from '../replicaTable.js';
import type { FlagStore, StoredState } from '../store.js';
import type { BrokenRule } from './brokenRules.js';
import { keepKills } from './keepKills.js';
import {
  killsOf,
  noLocalKills,
  publish,
  publishKills,
  PublicationTooLarge,
  type LocalKills,
  type Publication,
} from './publish.js';

/** The newest revision that turned something to v1. */
export interface RollbackTarget extends Order {
  /** By the database's clock. */
  readonly startedAtMs: number;
  /** By this replica's clock, which may be wrong: the same where the rollback was older than this replica. */
  readonly noticedAtMs: number;
  /** Null: all of them. */
  readonly features: readonly string[] | null;
}

export interface Replica {
  /** Ends when the first state was read, or could not be. */
  readonly ready: Promise<void>;
  /** Ends when the first state was read, however long that takes. */
  readonly firstRead: Promise<void>;
  state(): StoredState | null;
  current(): Publication | null;
  /** What is v1 by decree of this process while nothing was read yet; null otherwise. */
  decree(): Publication | null;
  /** A publication that is still kept. */
  find(id: string): Publication | undefined;
  target(): RollbackTarget | null;
  /** What is wrong, in words; empty when nothing is. */
  alarms(): readonly string[];
  isStoreHealthy(): boolean;
  /** Reads the store again; calls while one is running share the next. Never throws. */
  refresh(): Promise<void>;
  /** v1 by decree of this process; takes effect at once. */
  setLocalKills(kills: LocalKills): void;
  close(): void;
}

export interface ReplicaOptions {
  readonly store: FlagStore & Partial<WithReplicas>;
  /** Nothing is stored after the store went back. */
  readonly readOnly: boolean;
  readonly clock: ServiceClock;
  readonly delivery: Partial<Delivery>;
  /** How many revisions are kept for the immutable URL and for checking batches. */
  readonly keptRevisions: number;
  readonly onPublish: (publication: Publication) => void;
  readonly onInternalFault: OnInternalFault;
}

const retryMs = 1_000;

/** Keeps the last good state in memory, so that reads never wait for the database. */
export function createReplica(options: ReplicaOptions): Replica {
  const { store, readOnly, clock, delivery, keptRevisions, onPublish, onInternalFault } = options;
  const kept = new Map<string, Publication>();
  let state: StoredState | null = null;
  let current: Publication | null = null;
  let localKills = noLocalKills;
  let target: RollbackTarget | null = null;
  let healthy = true;
  let tooLarge: string | null = null;
  // Set when the store went back: a higher epoch, and the kills of before until someone changes those features.
  let raised: {
    readonly epoch: number;
    readonly kills: ReadonlyMap<string, string | undefined>;
    readonly emergencySince: string | null;
  } | null = null;
  let tellFirstRead = (): void => {};
  const firstRead = new Promise<void>((resolve) => (tellFirstRead = resolve));
  let closed = false;
  let cancelRetry = (): void => {};

  const localKillsNow = (read: StoredState): LocalKills => {
    if (raised === null) return localKills;
    const features = new Set(localKills.features);
    for (const [feature, updatedAt] of raised.kills)
      if (read.features.get(feature)?.updatedAt === updatedAt) features.add(feature);
    return { emergencySince: localKills.emergencySince ?? raised.emergencySince, features };
  };

  const apply = (read: StoredState): void => {
    const publishOptions = {
      delivery,
      localKills: localKillsNow(read),
      ...(raised === null ? {} : { epoch: Math.max(raised.epoch, read.epoch) }),
    };
    let next: Publication;
    try {
      next = publish(read, publishOptions);
      tooLarge = null;
    } catch (error) {
      if (!(error instanceof PublicationTooLarge)) throw error;
      if (tooLarge === null) onInternalFault('publish', error);
      tooLarge = error.message;
      // The rules stay as they were, but nothing that says v1 may be lost.
      const features = new Set(killsOf(read, publishOptions.localKills));
      next = publish(
        { ...read, features: current?.features ?? new Map() },
        { ...publishOptions, localKills: { ...publishOptions.localKills, features } },
      );
    }
    const isNew = current === null || next.etag !== current.etag || next.body !== current.body;
    state = read;
    if (!isNew) return;
    target = nextTarget(target, current, next, read, clock.now());
    current = next;
    kept.set(next.id, next);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptRevisions) break;
      kept.delete(oldest);
    }
    onPublish(next);
  };

  // Another epoch is another history too: another replica saw the store go back, or somebody raised it by hand.
  const goBack = async (known: StoredState, read: StoredState): Promise<StoredState> => {
    const isBehind = compareOrder(read, known) < 0;
    if (!isBehind && read.epoch === known.epoch) return read;
    const [kills, emergency] = [current?.kills ?? [], current?.emergency ?? null];
    raised = {
      // Where it cannot be stored, the least that is above: a replica that can store it takes the time.
      epoch: isBehind ? (current?.epoch ?? known.epoch) + 1 : read.epoch,
      kills: new Map(kills.map((key) => [key, read.features.get(key)?.updatedAt])),
      emergencySince: emergency?.since ?? null,
    };
    const [from, to] = [known, read].map(({ epoch, revision }) => `${epoch}-${revision}`);
    onInternalFault('store', new Error(`the database went ${isBehind ? 'back ' : ''}from ${from} to ${to}`));
    const { replicas } = store;
    if (readOnly || replicas === undefined) return read;
    const epoch = isBehind ? Math.max(clock.now(), raised.epoch) : null;
    const before = { emergency: emergency !== null, features: kills };
    if (!(await keepKills({ store, replicas }, before, read, epoch, onInternalFault))) return read;
    // From here on the database says it.
    raised = { epoch: 0, kills: new Map(), emergencySince: null };
    return store.readState();
  };

  const readOnce = async (): Promise<void> => {
    try {
      let read = await store.readState();
      if (closed) return;
      if (state !== null) read = await goBack(state, read);
      if (closed) return;
      healthy = true;
      apply(read);
      tellFirstRead();
    } catch (error) {
      if (closed) return;
      healthy = false;
      onInternalFault('readState', error);
      cancelRetry();
      cancelRetry = clock.after(retryMs, () => void refresh());
    }
  };
  // Where the store can say it: until somebody acknowledged it, on every replica alike, restarted or not.
  const wentBack = (): boolean =>
    state?.acknowledgedEpoch === undefined
      ? raised !== null
      : state.epoch !== state.acknowledgedEpoch || (raised !== null && raised.epoch > state.epoch);
  const decree = (): Publication | null => (state === null ? publishKills(localKills, delivery) : null);
  const awayAlarm = (): string => {
    if (state !== null) return 'the database is not reachable: the last state is served, changes are refused';
    const why = 'nothing was read from the database yet: changes are refused';
    return decree() === null ? why : `${why}, and no rules are served but v1 for what the environment says`;
  };
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const refresh = (): Promise<void> => {
    if (closed) return Promise.resolve();
    if (running === null) {
      running = readOnce().finally(() => (running = null));
      return running;
    }
    // The running read may have begun before the change that is asked for.
    next ??= running.then(() => {
      next = null;
      return refresh();
    });
    return next;
  };

  const stopWatching = store.watch(
    () => void refresh(),
    (isHealthy, error) => {
      // Not yet connected, right after the start, is no fault.
      if (!isHealthy && error === undefined) return;
      healthy = isHealthy;
      if (!isHealthy) onInternalFault('watch', error);
    },
  );

  return {
    ready: refresh(),
    firstRead,
    state: () => state,
    current: () => current,
    decree,
    find: (id) => kept.get(id),
    target: () => target,
    alarms: () => [
      ...(healthy ? [] : [awayAlarm()]),
      ...(tooLarge === null ? [] : [`not everything is published: ${tooLarge}`]),
      ...brokenAlarms(current?.broken ?? []),
      ...(wentBack() ? [wentBackAlarm] : []),
    ],
    isStoreHealthy: () => healthy,
    refresh,
    setLocalKills(kills) {
      localKills = kills;
      if (state !== null) apply(state);
    },
    close() {
      closed = true;
      cancelRetry();
      stopWatching();
    },
  };
}

const wentBackAlarm =
  'the database went back in time: kills of before are kept, the epoch was raised; look what is missing, then acknowledge it';
const maxShown = 20;

function brokenAlarms(broken: readonly BrokenRule[]): readonly string[] {
  const shown = broken.slice(0, maxShown).map(({ feature, detail }) => `${feature} is v1 for everyone: ${detail}`);
  return broken.length > maxShown ? [...shown, `and ${broken.length - maxShown} more features`] : shown;
}

function nextTarget(
  target: RollbackTarget | null,
  before: Publication | null,
  now: Publication,
  state: StoredState,
  nowMs: number,
): RollbackTarget | null {
  const wasKilled = new Set(before?.kills ?? []);
  // A feature that is new and off was v2 for nobody.
  const added = now.kills.filter((feature) => before?.features.has(feature) !== false && !wasKilled.has(feature));
  const isEmergency = now.emergency !== null && (before?.emergency ?? null) === null;
  if (before !== null && !isEmergency && added.length === 0) return isInForce(target, now) ? target : null;
  const started = state.rollbacks.filter(({ feature }) =>
    isEmergency ? feature === null : feature !== null && added.includes(feature),
  );
  const newest = started.sort((a, b) => b.id - a.id)[0];
  // At start only rollbacks count: a feature that was never on is no rollback.
  if (before === null && newest === undefined && !isEmergency) return null;
  const startedAtMs = newest === undefined ? nowMs : Date.parse(newest.startedAt);
  return {
    epoch: now.epoch,
    // The rollback's own, where it is known, so that replicas that missed a revision speak of the same one.
    revision: Math.min(newest?.revision || now.revision, now.revision),
    startedAtMs,
    noticedAtMs: before === null ? startedAtMs : nowMs,
    features: isEmergency ? null : added,
  };
}

function isInForce(target: RollbackTarget | null, { kills, emergency }: Publication): boolean {
  if (target === null) return false;
  return target.features === null ? emergency !== null : target.features.some((feature) => kills.includes(feature));
}
