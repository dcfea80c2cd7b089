import { eventClassOf, isSampled, type EventClass } from '../../observe/eventClass.js';
import type { Observation } from '../../observe/observe.js';
import { addToTally, emptyTally, tallyKey, tallyStartMs } from '../../observe/tally.js';
import {
  chooseTallies,
  nothingDropped,
  sizeOf,
  unitBits,
  type Batch,
  type Dropped,
  type WaitingTally,
} from './batch.js';
import { isInSample } from './inSample.js';

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

const maxTallies = 500;
const maxBytes = 64 * 1_024;
const maxUnits = 4_096;
/** The service takes no higher count in one bucket. */
const maxCount = 10_000;

/**
 * @param queueFull observations that were dropped before the queue was there
 * @param onFull asked to take tallies out before any is dropped
 */
export function createTallyQueue(queueFull: number, onFull: () => void): TallyQueue {
  const waiting = new Map<string, WaitingTally>();
  const countedUnits = new Map<string, number>();
  let bytes = 0;
  let named = 0;
  let dropped = { ...nothingDropped, queueFull };

  const unitOf = (subject: string, { feature, stage }: Pick<Observation, 'feature' | 'stage'>): string =>
    `${subject}|${feature}|${stage}`;
  /** The bits of this user that nobody has heard of. */
  const newUnits = (observation: Observation, subject: string): number => {
    const bits = observation.arm === 'none' ? 0 : (unitBits[observation.kind] ?? 0);
    const unit = unitOf(subject, observation);
    const counted = countedUnits.get(unit) ?? 0;
    const fresh = bits & ~counted;
    if (fresh === 0 || (counted === 0 && countedUnits.size >= maxUnits)) return 0;
    countedUnits.set(unit, counted | fresh);
    return fresh;
  };

  const measure = (entry: WaitingTally): void => {
    if (entry.measured === entry.observations) return;
    entry.measured = entry.observations;
    bytes -= entry.bytes;
    bytes += entry.bytes = sizeOf(entry);
  };
  const remove = (key: string, entry: WaitingTally): void => {
    waiting.delete(key);
    bytes -= entry.bytes;
  };
  /** Makes room for one more by dropping the oldest that matters no more than it does. */
  const makeRoom = (isCritical: boolean): boolean => {
    for (const wanted of isCritical ? [false, true] : [false])
      for (const [key, entry] of waiting) {
        if (entry.isCritical !== wanted) continue;
        remove(key, entry);
        dropped.queueFull += entry.observations;
        // Nobody will hear of these: the next ones count.
        const unit = unitOf(entry.subject, entry.tally);
        countedUnits.set(unit, (countedUnits.get(unit) ?? 0) & ~entry.units);
        return true;
      }
    return false;
  };
  const isFull = (added: number): boolean => waiting.size >= maxTallies || bytes + added > maxBytes;

  return {
    add(observation, subject, eventClass = eventClassOf(observation.kind)) {
      const { sampling = 1, times = 1 } = observation;
      const rate = eventClass !== 'critical' && isSampled(observation.kind) ? sampling : 1;
      if (!isInSample(subject, rate)) return;
      const units = newUnits(observation, subject);
      const isCritical = eventClass === 'critical' || units > 0;
      const key = `${tallyKey(observation, tallyStartMs(observation.atMs))}|${subject}|${rate}`;
      let entry = waiting.get(key);
      if (entry && entry.observations + times > maxCount) {
        waiting.delete(key);
        waiting.set(`${key}|${++named}`, entry);
        entry = undefined;
      }
      if (!entry) {
        const tally = emptyTally(observation, observation.atMs);
        entry = { tally, units, subject, sampling: rate, isCritical, observations: 0, measured: 0, bytes: 0 };
        const size = sizeOf(entry);
        if (isFull(size)) onFull();
        while (isFull(size))
          if (!makeRoom(isCritical)) {
            dropped.queueFull += times;
            return;
          }
        waiting.set(key, entry);
      }
      addToTally(entry.tally, observation);
      entry.units |= units;
      entry.isCritical ||= isCritical;
      entry.observations += times;
      // Measured seldom while it fills: a thousand gates report at once.
      if (entry.bytes === 0 || (entry.observations & (entry.observations - 1)) === 0) measure(entry);
    },
    bytes: () => bytes,
    take(maxTaken, minTaken) {
      waiting.forEach(measure);
      const chosen = chooseTallies(waiting, maxTaken);
      const taken = chosen.reduce((sum, [, entry]) => sum + entry.bytes, 0);
      if (taken < minTaken || taken + dropped.queueFull + dropped.expired + dropped.storage === 0) return undefined;
      for (const [key, entry] of chosen) remove(key, entry);
      const told = dropped;
      dropped = { ...nothingDropped };
      return { tallies: chosen.map(([, entry]) => entry), dropped: told };
    },
    lose({ observations, dropped: untold }, why) {
      dropped.queueFull += untold.queueFull;
      dropped.expired += untold.expired;
      dropped.storage += untold.storage;
      dropped[why] += observations;
    },
  };
}
