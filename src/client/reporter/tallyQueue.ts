import type { Observation } from '../../observe/observe.js';
import { addToTally, emptyTally, tallyKey, tallyStartMs } from '../../observe/tally.js';
import {
  chooseTallies,
  sizeOf,
  writeBatch,
  type Batch,
  type Dropped,
  type Envelope,
  type Units,
  type WaitingTally,
} from './batch.js';

/** Tallies that wait to be sent, bounded; what does not fit is counted. */
export interface TallyQueue {
  add(observation: Observation, subject: string): void;
  /** Observations added since the last batch was taken. */
  fresh(): number;
  /** Takes the next batch out; undefined when nothing waits. */
  take(envelope: Omit<Envelope, 'dropped'>): Batch | undefined;
  /** Counts a batch that will never arrive. */
  expire(batch: Batch): void;
}

const maxTallies = 500;
const maxBytes = 64 * 1_024;
const maxUnits = 4_096;

/** @param queueFull observations that were dropped before the queue was there */
export function createTallyQueue(queueFull = 0): TallyQueue {
  const waiting = new Map<string, WaitingTally>();
  const countedUnits = new Set<string>();
  let bytes = 0;
  let fresh = 0;
  let dropped: Dropped = { queueFull, expired: 0, storage: 0 };

  const isFirst = (unit: string): boolean => {
    if (countedUnits.has(unit) || countedUnits.size >= maxUnits) return false;
    countedUnits.add(unit);
    return true;
  };
  // Someone whose v2 failed before it was seen was treated as well: without `exposed` there could be more errors than users.
  const addUnits = (units: Units, { kind, arm, feature, stage }: Observation, subject: string): Units => {
    if (arm === 'none' || !(kind === 'exposure' || kind === 'failure' || kind === 'slow' || kind === 'silent'))
      return units;
    const unit = `${subject}|${feature}|${stage ?? ''}`;
    const exposed = isFirst(unit) ? 1 : units.exposed;
    if (kind === 'exposure') return { ...units, exposed };
    const bit = kind === 'failure' ? 'error' : kind;
    return { ...units, exposed, [bit]: isFirst(`${unit}|${bit}`) ? 1 : units[bit] };
  };

  return {
    add(observation, subject) {
      const key = `${tallyKey(observation, tallyStartMs(observation.atMs))}|${subject}`;
      let entry = waiting.get(key);
      if (!entry) {
        const tally = emptyTally(observation, observation.atMs);
        entry = { tally, units: { exposed: 0, error: 0, slow: 0, silent: 0 }, subject, observations: 0, bytes: 0 };
        if (waiting.size >= maxTallies || bytes + sizeOf(entry) > maxBytes) {
          dropped.queueFull++;
          return;
        }
        waiting.set(key, entry);
      }
      addToTally(entry.tally, observation);
      entry.units = addUnits(entry.units, observation, subject);
      entry.observations++;
      fresh++;
      bytes -= entry.bytes;
      bytes += entry.bytes = sizeOf(entry);
    },
    fresh: () => fresh,
    take(envelope) {
      const keys = chooseTallies(waiting);
      if (keys.length === 0) return undefined;
      const taken: WaitingTally[] = [];
      for (const key of keys) {
        const entry = waiting.get(key);
        if (!entry) continue;
        waiting.delete(key);
        bytes -= entry.bytes;
        taken.push(entry);
      }
      const batch = writeBatch(taken, { ...envelope, dropped }, waiting.size > 0);
      dropped = { queueFull: 0, expired: 0, storage: 0 };
      fresh = 0;
      return batch;
    },
    expire(batch) {
      dropped.queueFull += batch.dropped.queueFull;
      dropped.expired += batch.dropped.expired + batch.observations;
    },
  };
}
