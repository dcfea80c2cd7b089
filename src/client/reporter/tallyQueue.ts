// Comes in: observations. Goes out: tallies, as many as wait and no more than there is room for. Who calls: httpReporter.
import { eventClassOf, isSampled, type EventClass } from '../../observe/eventClass.js';
import type { Observation } from '../../observe/observe.js';
import { addToTally, emptyTally, isOfTally, tallyStartMs } from '../../observe/tally.js';
import type { Batch, Dropped } from './batch.js';
import { isInSample } from './inSample.js';
import { chooseTallies, unitBits, writeTally, type WaitingTally } from './waitingTally.js';

/** Tallies that wait to be sent, bounded; what does not fit is counted. */
export interface TallyQueue {
  add(observation: Observation, subject: string, eventClass?: EventClass): void;
  /** What waits, in bytes of JSON. */
  bytes(): number;
  /**
   * Takes the next tallies out, at most so many bytes of them, and what was dropped.
   * @param minBytes 0: what was dropped is reason enough
   * @returns undefined when there is not so much
   */
  take(
    maxBytes: number,
    minBytes: number,
  ): { readonly tallies: readonly WaitingTally[]; readonly dropped: Dropped } | undefined;
  /** Counts a batch that will never arrive, and what it would have told of. */
  lose(batch: Pick<Batch, 'observations' | 'dropped'>, why: keyof Dropped): void;
}

const nothingDropped: Dropped = { queueFull: 0, expired: 0, storage: 0 };
const maxTallies = 500;
const maxBytes = 64 * 1_024;
const maxUnits = 4_096;
/** The service takes no higher count in one bucket. */
const maxCount = 10_000;
/** A tally of nothing takes no more, unless its stage has a long name. */
const emptyBytes = 640;
/** Nor does a value, unless it lies far from the others. */
const valueBytes = 150;

/**
 * @param queueFull observations that were dropped before the queue was there
 * @param onFull asked to take tallies out before any is dropped
 */
export function createTallyQueue(queueFull: number, onFull: () => void): TallyQueue {
  const waiting = new Set<WaitingTally>();
  /** The same by subject, which is of one user and one feature: few each, and found without writing a key. */
  const ofSubject = new Map<string, readonly WaitingTally[]>();
  const countedUnits = new Map<string, number>();
  let bytes = 0;
  let dropped = { ...nothingDropped, queueFull };

  const unitOf = (subject: string, { feature, stage }: Pick<Observation, 'feature' | 'stage'>): string =>
    `${subject}|${feature}|${stage}`;
  /** Which of these bits of a user nobody has heard of. */
  const newUnits = (bits: number, observation: Observation, subject: string): number => {
    const unit = unitOf(subject, observation);
    const counted = countedUnits.get(unit) ?? 0;
    const fresh = bits & ~counted;
    if (fresh === 0 || (counted === 0 && countedUnits.size >= maxUnits)) return 0;
    countedUnits.set(unit, counted | fresh);
    return fresh;
  };

  const measure = (entry: WaitingTally): void => {
    bytes -= entry.bytes;
    writeTally(entry);
    bytes += entry.bytes;
  };
  const grow = (entry: WaitingTally, by: number): void => {
    entry.bytes += by;
    bytes += by;
  };
  const remove = (entry: WaitingTally): void => {
    const { subject } = entry;
    const others = ofSubject.get(subject)?.filter((other) => other !== entry);
    if (others?.[0]) ofSubject.set(subject, others);
    else ofSubject.delete(subject);
    waiting.delete(entry);
    bytes -= entry.bytes;
  };
  /** Makes room for one more by dropping the oldest that matters no more than it does. */
  const makeRoom = (isCritical: boolean): boolean => {
    const entry = [...waiting].find((other) => !other.isCritical) ?? (isCritical && waiting.values().next().value);
    if (!entry) return false;
    remove(entry);
    dropped.queueFull += entry.observations;
    // Nobody will hear of these: the next ones count.
    const unit = unitOf(entry.subject, entry.tally);
    countedUnits.set(unit, (countedUnits.get(unit) ?? 0) & ~entry.units);
    return true;
  };
  const isFull = (): boolean => waiting.size >= maxTallies || bytes + emptyBytes > maxBytes;

  return {
    add(observation, subject, eventClass = eventClassOf(observation.kind)) {
      const { kind, arm, atMs, sampling = 1, times = 1 } = observation;
      const isValue = isSampled(kind);
      const rate = eventClass !== 'critical' && isValue ? sampling : 1;
      if (!isInSample(subject, rate)) return;
      const startMs = tallyStartMs(atMs);
      const list = ofSubject.get(subject) ?? [];
      let entry = list.find(
        ({ tally, sampling: share, observations }) =>
          share === rate && observations + times <= maxCount && isOfTally(tally, observation, startMs),
      );
      const bits = arm === 'none' ? 0 : (unitBits[kind] ?? 0) & ~(entry?.units ?? 0);
      const units = bits && newUnits(bits, observation, subject);
      const isCritical = eventClass === 'critical' || units > 0;
      if (!entry) {
        // Guesses may be too high: written, it is known.
        if (isFull()) waiting.forEach(measure);
        if (isFull()) onFull();
        while (isFull())
          if (!makeRoom(isCritical)) {
            dropped.queueFull += times;
            return;
          }
        const tally = emptyTally(observation, atMs);
        entry = { tally, units, subject, sampling: rate, isCritical, observations: 0, text: '', bytes: 0 };
        waiting.add(entry);
        ofSubject.set(subject, [...(ofSubject.get(subject) ?? []), entry]);
        grow(entry, emptyBytes);
      }
      addToTally(entry.tally, observation);
      entry.units |= units;
      entry.isCritical ||= isCritical;
      entry.observations += times;
      entry.text = '';
      // Each count has its first digit, and no more than five.
      grow(entry, isValue ? valueBytes : times > 1 ? 4 : 1);
    },
    bytes: () => bytes,
    take(maxTaken, minTaken) {
      waiting.forEach(measure);
      const chosen = chooseTallies(waiting, maxTaken);
      const taken = chosen.reduce((sum, entry) => sum + entry.bytes, 0);
      if (taken < minTaken || taken + dropped.queueFull + dropped.expired + dropped.storage === 0) return undefined;
      chosen.forEach(remove);
      const told = dropped;
      dropped = { ...nothingDropped };
      return { tallies: chosen, dropped: told };
    },
    lose({ observations, dropped: untold }, why) {
      dropped.queueFull += untold.queueFull;
      dropped.expired += untold.expired;
      dropped.storage += untold.storage;
      dropped[why] += observations;
    },
  };
}
