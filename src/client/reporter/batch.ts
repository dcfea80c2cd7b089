import type { ConnectionCounts } from './connectionCounts.js';
import { crc32 } from './crc32.js';
import type { WaitingTally } from './waitingTally.js';

/** What never arrived, in observations: no room in memory; too old, refused or given up; no room where batches are stored. */
export interface Dropped {
  readonly queueFull: number;
  readonly expired: number;
  readonly storage: number;
}

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

// Made when used: where there is none, as in Jest's jsdom, the package still loads.
export const checksumOf = (text: string): string => crc32(new TextEncoder().encode(text));

/**
 * Writes a batch of tallies that are written. The checksum is the CRC-32 of the JSON text of `buckets`.
 * @source docs/contracts.md part 5
 */
export function writeBatch(tallies: readonly WaitingTally[], envelope: Envelope): Batch {
  const { sentAtMs: sentAt, ...told } = envelope;
  // Written once: a thousand gates report at once.
  const buckets = `[${tallies.map(({ text }) => text).join()}]`;
  const subjects = Object.fromEntries(tallies.map(({ tally, subject }) => [tally.feature, subject]));
  const head = JSON.stringify({ schema: 1, ...told, sentAt, checksum: checksumOf(buckets), subjects });
  return {
    ...told,
    text: `${head.slice(0, -1)},"buckets":${buckets}}`,
    isCritical: tallies.some((waiting) => waiting.isCritical),
    observations: tallies.reduce((sum, { observations }) => sum + observations, 0),
    tallies,
  };
}
