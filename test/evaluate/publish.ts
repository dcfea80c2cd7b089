import { digestOf } from '../../src/evaluate/bucket.js';
import { evaluate, type Assignment } from '../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../src/evaluate/parseSnapshot.js';
import type { EvaluationContext, Snapshot } from '../../src/evaluate/snapshot.js';

/** A good snapshot as it comes off the wire, before parsing. */
export const published = (features: object, rest: object = {}): Record<string, unknown> => ({
  schema: 1,
  kind: 'rules',
  epoch: 1_795_244_451_480,
  revision: 412,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features,
  ...rest,
});

/** Parses what a service would publish; throws when it is not valid as a whole. */
export function publish(features: object, rest: object = {}): Snapshot {
  const parsed = parseSnapshot(JSON.parse(JSON.stringify(published(features, rest))));
  if (parsed.status !== 'valid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.snapshot;
}

/** The tag that names a user of a feature. */
export const tagOf = (feature: string, targetingKey: string): string => digestOf(feature, targetingKey).tag;

/** Noon of the tests' day, in ms since 1970. */
export const noonMs = Date.parse('2026-06-01T12:00:00.000Z');

/** Asks for user-1 at noon unless told otherwise. */
export const ask = (
  snapshot: Snapshot,
  feature: string,
  context: EvaluationContext = { targetingKey: 'user-1' },
  nowMs = noonMs,
): Assignment => evaluate(snapshot, feature, context, { nowMs });
