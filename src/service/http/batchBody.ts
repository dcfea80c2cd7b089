import { crc32 } from 'node:zlib';
import * as v from 'valibot';
import { isObject } from '../../evaluate/kind.js';
import { featureKeyPattern, isFeatureKey } from '../../evaluate/snapshot.js';
import type { AcceptedBucket } from '../store.js';
import { count, countPerBucket, measuredFields, readMeasured, unreadFields } from './measureBody.js';
import { fieldErrors } from './parseFields.js';
import { Problem, refuseField } from './problem.js';

/** What one batch may hold. */
export const batchCaps = { bytes: 60 * 1_024, buckets: 200, subjects: 200, countPerBucket, ageMs: 86_400_000 };

const whole = (maximum: number) =>
  v.pipe(
    v.number(`a whole number, 0 to ${maximum}`),
    v.safeInteger(`a whole number, 0 to ${maximum}`),
    v.minValue(0, `a whole number, 0 to ${maximum}`),
    v.maxValue(maximum, `a whole number, 0 to ${maximum}`),
  );
const anyWhole = whole(Number.MAX_SAFE_INTEGER);
// A page that cannot have all of its code says only what is not 0.
const bit = v.optional(whole(1), 0);
const told = v.optional(anyWhole, 0);
const some = v.optional(count, 0);
const object = v.pipe(
  v.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'an object',
  ),
  v.metadata({ jsonSchema: { type: 'object', additionalProperties: true } }),
);

const connections = v.object(
  v.entriesFromList(['connecting', 'live', 'degraded', 'polling', 'offline', 'static', 'closed'], some),
);

const envelope = v.object({
  schema: v.literal(1, '1'),
  senderId: v.pipe(v.string('32 hex digits'), v.regex(/^[0-9a-f]{32}$/, '32 hex digits')),
  seq: anyWhole,
  checksum: v.optional(v.pipe(v.string('8 hex digits'), v.regex(/^[0-9a-f]{8}$/, '8 hex digits'))),
  dropped: v.optional(v.object({ queueFull: told, expired: told, storage: told })),
  connections: v.optional(connections, {}),
  subjects: v.optional(object),
  buckets: v.pipe(v.array(v.unknown(), 'a list'), v.maxLength(batchCaps.buckets, `at most ${batchCaps.buckets}`)),
});

const reasons = [
  'ROLLED_BACK',
  'DISABLED',
  'DENIED',
  'ERROR',
  'PREREQUISITE',
  'TARGETING_MATCH',
  'SPLIT',
  'STATIC',
  'UNKNOWN',
  'OVERRIDE',
  'CIRCUIT_OPEN',
  'DEFAULT',
] as const;

const bucket = v.object({
  feature: v.pipe(
    v.custom<string>(isFeatureKey, 'a feature key'),
    v.metadata({ jsonSchema: { type: 'string', pattern: featureKeyPattern.source } }),
  ),
  version: v.picklist(['v1', 'v2'], '"v1" or "v2"'),
  arm: v.picklist(['v1', 'v2', 'none'], '"v1", "v2" or "none"'),
  reason: v.picklist(reasons, 'a known reason'),
  epoch: anyWhole,
  revision: anyWhole,
  stage: v.optional(v.nullable(v.pipe(v.string('text'), v.maxLength(64, 'at most 64 characters'))), null),
  startMs: anyWhole,
  durationMs: v.pipe(whole(3_600_000), v.minValue(1, '1 to 3600000')),
  counts: v.object({
    attempts: some,
    exposures: some,
    settled: some,
    failed: v.object({
      load: some,
      render: some,
      effect: some,
      hydration: some,
      event: some,
      reported: some,
    }),
    aborted: some,
    suppressedByBreaker: some,
    overridden: some,
  }),
  units: v.optional(v.object({ exposed: bit, error: bit, slow: bit, silent: bit }), {
    exposed: 0,
    error: 0,
    slow: 0,
    silent: 0,
  }),
  ...unreadFields,
});

/** A batch; its buckets are read one by one, so that a bad one does not take the others with it. */
export const batchBody = v.looseObject({
  ...envelope.entries,
  buckets: v.pipe(v.array(v.looseObject({ ...bucket.entries, ...measuredFields })), v.maxLength(batchCaps.buckets)),
});

/** A bucket as sent, well-formed but not yet checked against the rules. */
export type SentBucket = Omit<AcceptedBucket, 'subject' | 'unverified'>;

/** A batch as sent; its buckets are read one by one, so that a bad one does not take the others with it. */
export interface SentBatch {
  readonly senderId: string;
  readonly seq: number;
  /** The CRC-32 of the JSON text of `buckets`. */
  readonly checksum: string;
  readonly dropped: { readonly queueFull: number; readonly expired: number; readonly storage: number };
  /** How often the page's connection came to be each way. */
  readonly connections: v.InferOutput<typeof connections>;
  readonly subjects: ReadonlyMap<string, string>;
  readonly buckets: readonly unknown[];
}

/** @throws Problem 422 when the envelope is not a batch */
export function parseBatch(value: unknown): SentBatch {
  const list = listAmong(value, ['dropped', 'connections']);
  if (list !== undefined) throw refuseField(`/${list}`, '[…]', 'an object');
  const result = v.safeParse(envelope, value);
  if (!result.success) {
    const errors = fieldErrors(result.issues);
    throw new Problem('invalid-value', errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '), {
      errors,
    });
  }
  const { senderId, seq, checksum, dropped, connections: changes, subjects, buckets } = result.output;
  const found = checksumOf(buckets);
  if (checksum !== undefined && checksum !== found)
    throw refuseField('/checksum', checksum, `${found}, the CRC-32 of the JSON text of buckets: the batch was damaged`);
  return {
    senderId,
    seq,
    checksum: found,
    dropped: dropped ?? { queueFull: 0, expired: 0, storage: 0 },
    connections: changes,
    subjects: readSubjects(subjects ?? {}),
    buckets,
  };
}

const checksumOf = (buckets: readonly unknown[]): string =>
  crc32(JSON.stringify(buckets)).toString(16).padStart(8, '0');

function readSubjects(subjects: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const feature of Object.keys(subjects).slice(0, batchCaps.subjects)) {
    const subject = subjects[feature];
    if (isFeatureKey(feature) && typeof subject === 'string' && /^[0-9a-f]{24}$/.test(subject))
      found.set(feature, subject);
  }
  return found;
}

/** A list would pass for an object of which nothing is said. */
const listAmong = (value: unknown, fields: readonly string[]): string | undefined =>
  fields.find((field) => isObject(value) && Array.isArray(value[field]));

/** Reads one bucket; a string says what is wrong with it. */
export function parseBucket(value: unknown): SentBucket | string {
  const list =
    listAmong(value, ['counts', 'units', 'histograms', 'sums', 'measures']) ??
    listAmong(isObject(value) ? value['counts'] : undefined, ['failed']);
  if (list !== undefined) return `/${list}: an object, found a list`;
  const result = v.safeParse(bucket, value);
  if (!result.success)
    return fieldErrors(result.issues)
      .slice(0, 3)
      .map(({ pointer, message, value: shown }) => `${pointer || 'bucket'}: ${message}, found ${shown}`)
      .join('; ');
  const measured = readMeasured(result.output);
  return typeof measured === 'string' ? measured : { ...result.output, ...measured };
}
