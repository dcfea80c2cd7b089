import type { OpenTally } from '../../observe/tally.js';
import { crc32 } from './crc32.js';

/** What one user did for the guard, each 0 or 1 and sent once per subject, feature and stage. */
export interface Units {
  readonly exposed: number;
  readonly error: number;
  readonly slow: number;
  readonly silent: number;
}

/** A tally that waits to be sent. */
export interface WaitingTally {
  readonly tally: OpenTally;
  units: Units;
  readonly subject: string;
  /** Observations in it. */
  observations: number;
  /** Bytes of its JSON. */
  bytes: number;
}

/** What never arrived, in observations; `storage` is for queues that are stored. */
export interface Dropped {
  queueFull: number;
  expired: number;
  storage: number;
}

/** A batch under way: its text never changes, so that the service can tell a repeated one. */
export interface Batch {
  readonly text: string;
  readonly observations: number;
  readonly dropped: Dropped;
  /** Whether tallies were left for the next one. */
  readonly hasMore: boolean;
}

export interface Envelope {
  readonly senderId: string;
  readonly seq: number;
  readonly sentAtMs: number;
  readonly build: string | undefined;
  readonly final: boolean;
  readonly dropped: Dropped;
}

/** Above this a browser refuses a request that may outlive its page. */
export const maxBatchBytes = 60 * 1_024;
const envelopeBytes = 512;
const subjectBytes = 96;

// Made when used: where there is none, as in Jest's jsdom, the package still loads.
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const toBucket = ({ tally, units }: WaitingTally) => ({ ...tally, units, sampling: 1 });

/** Bytes a tally takes in a batch. */
export const sizeOf = (waiting: WaitingTally): number =>
  encode(JSON.stringify(toBucket(waiting))).length + subjectBytes;

/**
 * Chooses the tallies of the next batch: in order, at most 60 KiB, one subject per feature.
 * @returns the keys of the chosen ones
 */
export function chooseTallies(waiting: ReadonlyMap<string, WaitingTally>): readonly string[] {
  const chosen: string[] = [];
  const subjects = new Map<string, string>();
  let bytes = envelopeBytes;
  for (const [key, { tally, subject, bytes: added }] of waiting) {
    const { feature } = tally;
    if ((subjects.get(feature) ?? subject) !== subject || bytes + added > maxBatchBytes) continue;
    subjects.set(feature, subject);
    bytes += added;
    chosen.push(key);
  }
  return chosen;
}

/**
 * Writes a batch. The checksum is the CRC-32 of the JSON text of `buckets`.
 * @source docs/contracts.md part 5
 */
export function writeBatch(tallies: readonly WaitingTally[], envelope: Envelope, hasMore: boolean): Batch {
  const { senderId, seq, sentAtMs, build, final, dropped } = envelope;
  const buckets = tallies.map(toBucket);
  const subjects = Object.fromEntries(tallies.map(({ tally, subject }) => [tally.feature, subject]));
  const checksum = crc32(encode(JSON.stringify(buckets)));
  return {
    text: JSON.stringify({
      schema: 1,
      senderId,
      seq,
      sentAt: sentAtMs,
      build,
      checksum,
      final,
      dropped,
      subjects,
      buckets,
    }),
    observations: tallies.reduce((sum, { observations }) => sum + observations, 0),
    dropped,
    hasMore,
  };
}
