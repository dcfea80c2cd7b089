import type { Observation } from '../../observe/observe.js';
import type { OpenTally } from '../../observe/tally.js';
import type { ConnectionCounts } from './connectionCounts.js';
import { crc32 } from './crc32.js';

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
  /** How many there were when it was measured last. */
  measured: number;
  /** Bytes of its JSON then. */
  bytes: number;
}

/** What never arrived, in observations: no room in memory; too old, refused or given up; no room where batches are stored. */
export interface Dropped {
  readonly queueFull: number;
  readonly expired: number;
  readonly storage: number;
}

export const nothingDropped: Dropped = { queueFull: 0, expired: 0, storage: 0 };

/** A batch under way: its text never changes, so that the service can tell a repeated one. */
export interface Batch {
  readonly senderId: string;
  readonly seq: number;
  readonly text: string;
  readonly isCritical: boolean;
  readonly observations: number;
  /** What its text says was dropped before. */
  readonly dropped: Dropped;
  readonly connections?: ConnectionCounts | undefined;
  /** What it was made of; absent when it was read from the storage. */
  readonly tallies?: readonly WaitingTally[];
}

export interface Envelope {
  readonly senderId: string;
  readonly seq: number;
  readonly sentAtMs: number;
  readonly build: string | undefined;
  readonly final: boolean;
  readonly dropped: Dropped;
  /** Changes of the connection since the batch before. */
  readonly connections?: ConnectionCounts | undefined;
}

/** Above this a browser refuses a request that may outlive its page. */
export const maxBatchBytes = 60 * 1_024;
const envelopeBytes = 512;
const subjectBytes = 96;

// Made when used: where there is none, as in Jest's jsdom, the package still loads.
export const checksumOf = (text: string): string => crc32(new TextEncoder().encode(text));

const toBucket = ({ tally, units, sampling }: WaitingTally) => ({
  ...tally,
  units: { exposed: units & 1, error: (units >> 1) & 1, slow: (units >> 2) & 1, silent: units >> 3 },
  sampling,
});

/** Bytes a tally takes in a batch. */
export const sizeOf = (waiting: WaitingTally): number =>
  new TextEncoder().encode(JSON.stringify(toBucket(waiting))).length + subjectBytes;

/**
 * Chooses the tallies of the next batch: critical ones first and then in order, at most 60 KiB, one subject per feature.
 * @returns the chosen ones with their keys
 */
export function chooseTallies(
  waiting: ReadonlyMap<string, WaitingTally>,
  maxBytes: number,
): readonly (readonly [string, WaitingTally])[] {
  const chosen: (readonly [string, WaitingTally])[] = [];
  const subjects = new Map<string, string>();
  let bytes = envelopeBytes;
  for (const isCritical of [true, false]) {
    for (const [key, entry] of waiting) {
      const { subject, bytes: added, isCritical: isFirst } = entry;
      const { feature } = entry.tally;
      if (isFirst !== isCritical || (subjects.get(feature) ?? subject) !== subject || bytes + added > maxBytes)
        continue;
      subjects.set(feature, subject);
      bytes += added;
      chosen.push([key, entry]);
    }
  }
  return chosen;
}

/**
 * Writes a batch. The checksum is the CRC-32 of the JSON text of `buckets`.
 * @source docs/contracts.md part 5
 */
export function writeBatch(tallies: readonly WaitingTally[], envelope: Envelope): Batch {
  const { senderId, seq, sentAtMs, build, final, dropped, connections } = envelope;
  const buckets = tallies.map(toBucket);
  const subjects = Object.fromEntries(tallies.map(({ tally, subject }) => [tally.feature, subject]));
  const checksum = checksumOf(JSON.stringify(buckets));
  return {
    senderId,
    seq,
    text: JSON.stringify({
      schema: 1,
      senderId,
      seq,
      sentAt: sentAtMs,
      build,
      checksum,
      final,
      dropped,
      connections,
      subjects,
      buckets,
    }),
    isCritical: tallies.some((waiting) => waiting.isCritical),
    observations: tallies.reduce((sum, { observations }) => sum + observations, 0),
    dropped,
    connections,
    tallies,
  };
}
