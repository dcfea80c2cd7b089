import { isObject, type Raw } from '../../evaluate/kind.js';
import type { EvaluationContext, JsonObject } from '../../evaluate/snapshot.js';
import { collectFeatures, versionOf, type FlagKeys, type ForeignAnswer } from './foreignAnswer.js';

const maxToggles = 20_000;
const maxValueLength = 256;
/** What Unleash has as fields; everything else is a property. */
const contextFields = ['sessionId', 'remoteAddress', 'environment', 'currentTime'];

/**
 * Reads an answer of Unleash's frontend API, which lists what is on for this context and leaves out what is off. A toggle with a
 * variant named `v1` or `off` is v1; the JSON payload of a variant is the config.
 * @returns undefined for what is no such answer; never throws
 */
export function readUnleashAnswer(value: unknown, flagKeys: FlagKeys | undefined): ForeignAnswer | undefined {
  if (!isObject(value) || !Array.isArray(value['toggles'])) return undefined;
  const { features, namesOf } = collectFeatures(flagKeys);
  for (const feature of Object.keys(flagKeys ?? {})) features.set(feature, { version: 'v1', reason: 'UNKNOWN' });
  for (const toggle of value['toggles'].slice(0, maxToggles)) {
    if (!isObject(toggle)) continue;
    const variant: Raw = isObject(toggle['variant']) ? toggle['variant'] : {};
    const config = readPayload(variant['payload']);
    const isV2 =
      toggle['enabled'] === true && (variant['enabled'] !== true || (versionOf(variant['name']) ?? 'v2') === 'v2');
    for (const name of namesOf(toggle['name']))
      features.set(name, { version: isV2 ? 'v2' : 'v1', reason: 'UNKNOWN', ...(config && { config }) });
  }
  return { features, kills: [], emergency: false };
}

function readPayload(payload: unknown): JsonObject | undefined {
  const { type, value } = Object(payload);
  if (type !== 'json' || typeof value !== 'string') return undefined;
  try {
    const config: unknown = JSON.parse(value);
    return isObject(config) ? (config as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Says a context as Unleash's frontend API wants it: `targetingKey` is the `userId`, attributes are properties. */
export function unleashQuery(appName: string, environment: string | undefined, context: EvaluationContext): string {
  const query = new URLSearchParams({ appName });
  if (environment !== undefined) query.set('environment', environment);
  for (const [name, value] of Object.entries(context)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const field =
      name === 'targetingKey' ? 'userId' : contextFields.includes(name) ? name : `properties[${name.slice(0, 64)}]`;
    query.set(field, String(value).slice(0, maxValueLength));
  }
  return query.toString();
}
