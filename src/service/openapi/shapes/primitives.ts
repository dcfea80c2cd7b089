import * as v from 'valibot';
import { isObject } from '../../../evaluate/kind.js';
import { featureKeyPattern, type JsonObject } from '../../../evaluate/snapshot.js';

export const text = v.string();
export const flag = v.boolean();
export const time = v.pipe(v.string(), v.isoTimestamp());
export const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const percentage = v.pipe(v.number(), v.minValue(0), v.maxValue(100), v.description('0–100, two decimals'));
export const version = v.picklist(['v1', 'v2']);
export const role = v.picklist(['viewer', 'operator', 'admin']);
export const source = v.picklist(['api', 'cli', 'ui', 'env', 'sql', 'guard', 'plan']);
export const featureKey = v.pipe(v.string(), v.regex(featureKeyPattern));
export const tag = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/), v.description('A pseudonym of a user, no secret'));
/** Whatever a feature is configured with. */
export const jsonObject = v.pipe(
  v.custom<JsonObject>(isObject),
  v.metadata({ jsonSchema: { type: 'object', additionalProperties: true } }),
);
/** Snapshots are ordered by these two. */
export const order = { epoch: whole, revision: whole };
