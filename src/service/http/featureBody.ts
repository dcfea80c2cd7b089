import * as v from 'valibot';
import type { DigestOf } from '../../evaluate/bucket.js';
import { featureKeyPattern, isFeatureKey, type JsonObject } from '../../evaluate/snapshot.js';
import type { FeaturePatch, TaggedUser } from '../store.js';
import { parseFields } from './parseFields.js';
import { refuseField } from './problem.js';

const text = (length: number) =>
  v.pipe(v.string(`text of at most ${length} characters`), v.maxLength(length, `text of at most ${length} characters`));
const flag = v.boolean('true or false');
const isHundredths = (value: number): boolean => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;
const inRange = (maximum: number) =>
  v.pipe(v.number(`0 to ${maximum}`), v.minValue(0, `0 to ${maximum}`), v.maxValue(maximum, `0 to ${maximum}`));

/** Percent of users that get v2: 0–100 in steps of 0.01. */
export const percentageField = v.pipe(inRange(100), v.check(isHundredths, '0 to 100 in steps of 0.01'));
/** Why, for the audit. */
export const reasonField = v.pipe(
  text(1_000),
  v.check((value) => value.trim() !== '', 'at least one word'),
);
/** A feature key. */
export const featureField = v.pipe(
  v.custom<string>(isFeatureKey, 'a letter, then up to 63 letters, digits, "_", "." or "-"'),
  v.metadata({ jsonSchema: { type: 'string', pattern: featureKeyPattern.source } }),
);

const maxUsers = 10_000;
const maxConfigBytes = 16_384;
const time = v.pipe(v.string('an ISO 8601 time'), v.isoTimestamp('an ISO 8601 time such as 2027-01-31T08:00:00Z'));
const tag = v.pipe(v.string('16 hex digits'), v.regex(/^[0-9a-f]{16}$/, '16 hex digits'));
const label = v.exactOptional(text(128));
const taggedUser = v.object({ tag, label }, 'a user as { "tag", "label"? }');
const userId = v.pipe(text(256), v.minLength(1, 'a user id'));
const user = v.union(
  [userId, v.object({ id: userId, label }), taggedUser],
  'a user id, { "id", "label"? } or { "tag", "label"? }',
);
const listOf = <const Item extends v.GenericSchema>(item: Item, maximum: number) =>
  v.pipe(v.array(item, 'a list'), v.maxLength(maximum, `at most ${maximum} items`));
const config = v.pipe(
  v.custom<JsonObject>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'a JSON object',
  ),
  v.metadata({ jsonSchema: { type: 'object', additionalProperties: true } }),
  v.check((value) => JSON.stringify(value).length <= maxConfigBytes, `at most ${maxConfigBytes} characters of JSON`),
);

/** The fields of a PATCH; all of them optional. */
export const patchFields = {
  enabled: v.exactOptional(flag),
  percentage: v.exactOptional(percentageField),
  rolloutPercentage: v.exactOptional(percentageField),
  enabledUsers: v.exactOptional(listOf(user, maxUsers)),
  deniedUsers: v.exactOptional(listOf(user, maxUsers)),
  allow: v.exactOptional(listOf(taggedUser, maxUsers)),
  deny: v.exactOptional(listOf(taggedUser, maxUsers)),
  regions: v.exactOptional(v.nullable(listOf(text(64), 300))),
  from: v.exactOptional(v.nullable(time)),
  until: v.exactOptional(v.nullable(time)),
  requires: v.exactOptional(listOf(featureField, 32)),
  config: v.exactOptional(config),
  configSchema: v.exactOptional(v.nullable(config)),
  sampling: v.exactOptional(inRange(1)),
  logOnly: v.exactOptional(flag),
  owner: v.exactOptional(v.nullable(text(128))),
  description: v.exactOptional(v.nullable(text(2_000))),
  removeBy: v.exactOptional(v.nullable(v.pipe(v.string('YYYY-MM-DD'), v.isoDate('YYYY-MM-DD')))),
  reason: v.exactOptional(reasonField),
};

type UserInput = v.InferOutput<typeof user>;

/** What a body asks for. */
export interface PatchRequest {
  readonly patch: FeaturePatch;
  readonly reason: string | null;
}

/**
 * Reads the body of a PATCH.
 * @param feature users named by id are turned into tags of this feature; ids are not kept
 * @throws Problem 422
 */
export function parsePatch(feature: string, body: unknown, digestOf: DigestOf): PatchRequest {
  const fields = parseFields(patchFields, body);
  const { rolloutPercentage, enabledUsers, deniedUsers, reason, ...rest } = fields;
  const both = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined;
  if (both(rolloutPercentage, rest.percentage))
    throw refuseField('/rolloutPercentage', rolloutPercentage, 'the same as percentage: send one of them');
  if (both(enabledUsers, rest.allow)) throw refuseField('/enabledUsers', enabledUsers, 'send it or allow, not both');
  if (both(deniedUsers, rest.deny)) throw refuseField('/deniedUsers', deniedUsers, 'send it or deny, not both');
  if (rest.requires?.includes(feature) === true)
    throw refuseField('/requires', rest.requires, 'not the feature itself');
  const tagged = (users: readonly UserInput[]): readonly TaggedUser[] => tagUsers(feature, users, digestOf);
  const patch: FeaturePatch = {
    ...rest,
    ...(rolloutPercentage === undefined ? {} : { percentage: rolloutPercentage }),
    ...(enabledUsers === undefined ? {} : { allow: tagged(enabledUsers) }),
    ...(deniedUsers === undefined ? {} : { deny: tagged(deniedUsers) }),
  };
  return { patch, reason: reason ?? null };
}

function tagUsers(feature: string, users: readonly UserInput[], digestOf: DigestOf): readonly TaggedUser[] {
  const byTag = new Map<string, TaggedUser>();
  for (const entry of users) {
    const one = typeof entry === 'string' ? { id: entry } : entry;
    const found = 'tag' in one ? one.tag : digestOf(feature, one.id).tag;
    byTag.set(found, one.label === undefined ? { tag: found } : { tag: found, label: one.label });
  }
  return [...byTag.values()];
}
