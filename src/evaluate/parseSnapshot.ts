import { showValue } from '../error.js';
import { inRange, isObject, isText, kind, shortText, type Kind, type Raw } from './kind.js';
import {
  defaultDelivery,
  isCount,
  isFeatureKey,
  type Delivery,
  type FeatureRule,
  type JsonObject,
  type MalformedFeature,
  type PublishedAssignment,
  type Snapshot,
} from './snapshot.js';

/** One thing that was wrong with a snapshot: where (a JSON pointer), what was there, what should have been. */
export interface SnapshotProblem {
  readonly pointer: string;
  readonly value: string;
  readonly message: string;
}

/**
 * What could be read. `killsOnly`: the rest was rubbish, yet nothing that says v1 may be lost.
 */
export type ParsedSnapshot =
  | { readonly status: 'valid'; readonly snapshot: Snapshot; readonly problems: readonly SnapshotProblem[] }
  | {
      readonly status: 'killsOnly';
      readonly kills: ReadonlySet<string>;
      readonly emergency: { readonly since: string } | null;
      readonly problems: readonly SnapshotProblem[];
    }
  | { readonly status: 'invalid'; readonly problems: readonly SnapshotProblem[] };

type Wrong = (pointer: string, found: unknown, expected: string) => void;

const maxFeatures = 1_000;
const maxTags = 10_000;
const maxListed = 100;
const dayMs = 86_400_000;

const oneOf = <T extends string | number>(...values: readonly T[]) =>
  kind<T>(values.map(showValue).join(' or '), (value) => values.includes(value as T));
const listOf = (items: string, accepts: (item: unknown) => boolean) =>
  kind<readonly string[]>(
    `a list of ${items}`,
    (value) => Array.isArray(value) && value.length <= maxTags && value.every(accepts),
  );

const object = kind<Raw>('an object', isObject);
const list = kind<readonly unknown[]>('a list', Array.isArray);
const count = kind<number>('a whole number, 0 or more', isCount);
const flag = kind<boolean>('true or false', (value) => typeof value === 'boolean');
const time = kind<string>('an ISO 8601 time', (value) => isText(value) && !Number.isNaN(Date.parse(value)));
const share = inRange(0, 1);
const percent = inRange(0, 100);
const version = oneOf('v1', 'v2');
const featureKeys = listOf('features', isFeatureKey);
const regions = listOf('regions', isText);
const tags = listOf('tags (16 hex digits)', (item) => isText(item) && /^[0-9a-f]{16}$/.test(item));

/** Reads own fields only. What is null or absent counts as the fallback; without a fallback it is wrong. */
type Read = {
  <T>(name: string, field: Kind<T>): T | undefined;
  <T, Fallback>(name: string, field: Kind<T>, fallback: Fallback): T | Fallback;
};

const own = (object: Raw, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

const readerOf =
  (from: Raw, pointer: string, wrong: Wrong): Read =>
  <T>(name: string, { accepts, expected }: Kind<T>, fallback?: T) => {
    const found = Object.hasOwn(from, name) ? from[name] : undefined;
    if (found == null && fallback !== undefined) return fallback;
    if (accepts(found)) return found;
    wrong(`${pointer}/${name}`, found, expected);
    return fallback;
  };

/**
 * Reads a snapshot feature by feature: a malformed feature becomes a `MalformedFeature`, the others stay good, and kills and
 * the emergency survive even when the rest is rubbish.
 * @param value anything, such as the outcome of `JSON.parse`
 * @returns never throws; unknown fields are ignored
 * @source docs/contracts.md part 2
 */
export function parseSnapshot(value: unknown): ParsedSnapshot {
  const problems: SnapshotProblem[] = [];
  const wrong: Wrong = (pointer, found, message) => {
    if (problems.length < maxListed) problems.push({ pointer, value: showValue(found), message });
  };
  try {
    if (isObject(value)) return readSnapshot(value, problems, wrong);
    wrong('', value, 'an object');
  } catch {
    // Not off the wire: an object of the host's whose getters throw.
    wrong('', value, 'plain JSON');
  }
  return { status: 'invalid', problems };
}

function readSnapshot(value: Raw, problems: readonly SnapshotProblem[], wrong: Wrong): ParsedSnapshot {
  const read = readerOf(value, '', wrong);
  const kills = new Set<string>();
  for (const key of read('kills', list, [])) {
    if (isFeatureKey(key)) kills.add(key);
    else wrong('/kills', key, 'a feature key');
  }
  const emergency = readEmergency(own(value, 'emergency'), wrong);

  const schema = read('schema', oneOf(1));
  const type = read('kind', oneOf('rules', 'assignments'));
  const epoch = read('epoch', count);
  const revision = read('revision', count);
  const features = read('features', object);
  const isTooLong = features !== undefined && Object.keys(features).length > maxFeatures;
  if (isTooLong) wrong('/features', Object.keys(features).length, `at most ${maxFeatures} features`);
  if (!schema || !type || epoch === undefined || revision === undefined || !features || isTooLong)
    return kills.size > 0 || emergency
      ? { status: 'killsOnly', kills, emergency, problems }
      : { status: 'invalid', problems };

  const publishedAt = own(value, 'publishedAt');
  const base = {
    epoch,
    revision,
    publishedAt: isText(publishedAt) ? publishedAt : '',
    emergency,
    kills,
    delivery: readDelivery(read('delivery', object, {}), wrong),
  };
  const snapshot: Snapshot =
    type === 'rules'
      ? { ...base, kind: type, features: readFeatures(features, readRule, wrong) }
      : { ...base, kind: type, features: readFeatures(features, readAssignment, wrong) };
  return { status: 'valid', snapshot, problems };
}

// Anything but null or absent is an emergency: when in doubt, v1.
function readEmergency(value: unknown, wrong: Wrong): { readonly since: string } | null {
  if (value === undefined || value === null || value === false) return null;
  const since = isObject(value) ? own(value, 'since') : undefined;
  if (isText(since)) return { since };
  wrong('/emergency', value, 'null or { "since": time }');
  return { since: '' };
}

const deliveryRanges: Readonly<Record<keyof Delivery, Kind<number>>> = {
  pollMs: inRange(1_000, 7 * dayMs),
  heartbeatMs: inRange(100, 7 * dayMs),
  spreadMs: inRange(0, 7 * dayMs),
  ackRate: share,
  maxStaleMs: inRange(0, 30 * dayMs),
};

function readDelivery(value: Raw, wrong: Wrong): Delivery {
  const read = readerOf(value, '/delivery', wrong);
  const delivery = { ...defaultDelivery };
  for (const name of Object.keys(delivery) as (keyof Delivery)[])
    delivery[name] = read(name, deliveryRanges[name], delivery[name]);
  return delivery;
}

function readFeatures<T>(
  features: Raw,
  readFeature: (read: Read) => T | undefined,
  wrong: Wrong,
): ReadonlyMap<string, T | MalformedFeature> {
  const result = new Map<string, T | MalformedFeature>();
  for (const [key, value] of Object.entries(features)) {
    if (!isFeatureKey(key)) {
      wrong('/features', key, 'a feature key');
      continue;
    }
    let malformed: string | undefined;
    const wrongHere: Wrong = (pointer, found, expected) => {
      malformed ??= `${pointer} must be ${expected}, found ${showValue(found)}`;
      wrong(`/features/${key}${pointer}`, found, expected);
    };
    let feature: T | undefined;
    if (isObject(value)) feature = readFeature(readerOf(value, '', wrongHere));
    else wrongHere('', value, object.expected);
    result.set(key, feature && malformed === undefined ? feature : { malformed: malformed ?? '' });
  }
  return result;
}

const readTime = (read: Read, name: string): number | null => {
  const found = read(name, time, null);
  return found === null ? null : Date.parse(found);
};

const readRule = (read: Read): FeatureRule => ({
  enabled: read('enabled', flag, false),
  rolledBack: read('rolledBack', flag, false),
  percentage: read('percentage', percent, 0),
  stage: read('stage', shortText, null),
  fromMs: readTime(read, 'from'),
  untilMs: readTime(read, 'until'),
  requires: read('requires', featureKeys, []),
  deny: new Set(read('deny', tags, [])),
  allow: new Set(read('allow', tags, [])),
  regions: read('regions', regions, null),
  config: read('config', object, {}) as JsonObject,
  sampling: read('sampling', share, 1),
  logOnly: read('logOnly', flag, false),
});

function readAssignment(read: Read): PublishedAssignment | undefined {
  const given = read('version', version);
  const reason = read('reason', shortText, 'UNKNOWN');
  return given && { version: given, reason, config: read('config', object, {}) as JsonObject };
}
