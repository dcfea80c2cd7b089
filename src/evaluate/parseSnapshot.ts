import { showValue } from '../error.js';
import {
  defaultDelivery,
  isCount,
  isFeatureKey,
  isVersion,
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

type Raw = Readonly<Record<string, unknown>>;

const maxFeatures = 1_000;
const maxTags = 10_000;
const maxListed = 100;
const maxDelayMs = 7 * 86_400_000;
const tagPattern = /^[0-9a-f]{16}$/;

const isObject = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value);

const own = (object: Raw, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/**
 * Reads a snapshot feature by feature: a malformed feature becomes a `MalformedFeature`, the others stay good, and kills and
 * the emergency survive even when the rest is rubbish.
 * @param value anything, such as the outcome of `JSON.parse`
 * @returns never throws; unknown fields are ignored
 * @source contracts part 2
 */
export function parseSnapshot(value: unknown): ParsedSnapshot {
  const problems: SnapshotProblem[] = [];
  const wrong = (pointer: string, found: unknown, message: string): void => {
    if (problems.length < maxListed) problems.push({ pointer, value: showValue(found), message });
  };
  try {
    return readSnapshot(value, problems, wrong);
  } catch {
    // Not off the wire: an object of the host's whose getters throw.
    wrong('', value, 'plain JSON');
    return { status: 'invalid', problems };
  }
}

function readSnapshot(value: unknown, problems: readonly SnapshotProblem[], wrong: Wrong): ParsedSnapshot {
  if (!isObject(value)) {
    wrong('', value, 'an object');
    return { status: 'invalid', problems };
  }
  const kills = readKills(own(value, 'kills'), wrong);
  const emergency = readEmergency(own(value, 'emergency'), wrong);

  const schema = own(value, 'schema');
  const kind = own(value, 'kind');
  const epoch = own(value, 'epoch');
  const revision = own(value, 'revision');
  const features = own(value, 'features');
  const before = problems.length;
  if (schema !== 1) wrong('/schema', schema, '1');
  if (kind !== 'rules' && kind !== 'assignments') wrong('/kind', kind, '"rules" or "assignments"');
  if (!isCount(epoch)) wrong('/epoch', epoch, 'a whole number of ms, 0 or more');
  if (!isCount(revision)) wrong('/revision', revision, 'a whole number, 0 or more');
  if (!isObject(features)) wrong('/features', features, 'an object');
  else if (Object.keys(features).length > maxFeatures)
    wrong('/features', Object.keys(features).length, `at most ${maxFeatures} features`);
  if (problems.length > before || !isObject(features)) {
    return kills.size > 0 || emergency !== null
      ? { status: 'killsOnly', kills, emergency, problems }
      : { status: 'invalid', problems };
  }

  const base = {
    epoch: epoch as number,
    revision: revision as number,
    publishedAt: typeof own(value, 'publishedAt') === 'string' ? (own(value, 'publishedAt') as string) : '',
    emergency,
    kills,
    delivery: readDelivery(own(value, 'delivery'), wrong),
  };
  const snapshot: Snapshot =
    kind === 'rules'
      ? { ...base, kind: 'rules', features: readFeatures(features, readRule, wrong) }
      : { ...base, kind: 'assignments', features: readFeatures(features, readAssignment, wrong) };
  return { status: 'valid', snapshot, problems };
}

type Wrong = (pointer: string, found: unknown, message: string) => void;

function readKills(value: unknown, wrong: Wrong): ReadonlySet<string> {
  const kills = new Set<string>();
  if (value === undefined) return kills;
  if (!Array.isArray(value)) {
    wrong('/kills', value, 'a list of features');
    return kills;
  }
  for (const key of value) {
    if (isFeatureKey(key)) kills.add(key);
    else wrong('/kills', key, 'a feature key');
  }
  return kills;
}

// Anything but null or absent is an emergency: when in doubt, v1.
function readEmergency(value: unknown, wrong: Wrong): { readonly since: string } | null {
  if (value === undefined || value === null || value === false) return null;
  const since = isObject(value) ? own(value, 'since') : undefined;
  if (typeof since === 'string') return { since };
  wrong('/emergency', value, 'null or { "since": time }');
  return { since: '' };
}

function readDelivery(value: unknown, wrong: Wrong): Delivery {
  if (value === undefined) return defaultDelivery;
  if (!isObject(value)) {
    wrong('/delivery', value, 'an object');
    return defaultDelivery;
  }
  const read = (name: keyof Delivery, minimum: number, maximum: number): number => {
    const found = own(value, name);
    if (found === undefined) return defaultDelivery[name];
    if (typeof found === 'number' && found >= minimum && found <= maximum) return found;
    wrong(`/delivery/${name}`, found, `${minimum} to ${maximum}`);
    return defaultDelivery[name];
  };
  return {
    pollMs: read('pollMs', 1_000, maxDelayMs),
    heartbeatMs: read('heartbeatMs', 100, maxDelayMs),
    spreadMs: read('spreadMs', 0, maxDelayMs),
    ackRate: read('ackRate', 0, 1),
    maxStaleMs: read('maxStaleMs', 0, 30 * 86_400_000),
  };
}

function readFeatures<T>(
  features: Raw,
  read: (value: Raw) => T,
  wrong: Wrong,
): ReadonlyMap<string, T | MalformedFeature> {
  const result = new Map<string, T | MalformedFeature>();
  for (const key of Object.keys(features)) {
    const value = features[key];
    if (!isFeatureKey(key)) {
      wrong('/features', key, 'a feature key');
      continue;
    }
    try {
      if (!isObject(value)) throw new Malformed('', value, 'an object');
      result.set(key, read(value));
    } catch (caught) {
      const error = caught instanceof Malformed ? caught : new Malformed('', value, 'plain JSON');
      wrong(`/features/${key}${error.pointer}`, error.found, error.expected);
      result.set(key, { malformed: `${error.pointer} must be ${error.expected}, found ${showValue(error.found)}` });
    }
  }
  return result;
}

class Malformed extends Error {
  readonly pointer: string;
  readonly found: unknown;
  readonly expected: string;
  constructor(pointer: string, found: unknown, expected: string) {
    super(expected);
    this.pointer = pointer;
    this.found = found;
    this.expected = expected;
  }
}

function readRule(value: Raw): FeatureRule {
  const flag = (name: string, fallback: boolean): boolean => {
    const found = own(value, name) ?? fallback;
    if (typeof found !== 'boolean') throw new Malformed(`/${name}`, found, 'true or false');
    return found;
  };
  const inRange = (name: string, minimum: number, maximum: number, fallback: number): number => {
    const found = own(value, name) ?? fallback;
    if (typeof found !== 'number' || !(found >= minimum && found <= maximum))
      throw new Malformed(`/${name}`, found, `${minimum} to ${maximum}`);
    return found;
  };
  const time = (name: string): number | null => {
    const found = own(value, name) ?? null;
    if (found === null) return null;
    const ms = typeof found === 'string' ? Date.parse(found) : Number.NaN;
    if (Number.isNaN(ms)) throw new Malformed(`/${name}`, found, 'an ISO 8601 time');
    return ms;
  };
  const list = (name: string, accepts: (item: unknown) => boolean, expected: string): readonly string[] => {
    const found = own(value, name) ?? [];
    if (!Array.isArray(found) || found.length > maxTags || !found.every(accepts))
      throw new Malformed(`/${name}`, found, expected);
    return found as readonly string[];
  };
  const stage = own(value, 'stage') ?? null;
  if (stage !== null && (typeof stage !== 'string' || stage.length > 64))
    throw new Malformed('/stage', stage, 'at most 64 characters');
  const isRegion = (item: unknown) => typeof item === 'string';
  return {
    enabled: flag('enabled', false),
    rolledBack: flag('rolledBack', false),
    percentage: inRange('percentage', 0, 100, 0),
    stage,
    fromMs: time('from'),
    untilMs: time('until'),
    requires: list('requires', isFeatureKey, 'a list of features'),
    deny: new Set(list('deny', isTag, 'a list of tags (16 hex digits)')),
    allow: new Set(list('allow', isTag, 'a list of tags (16 hex digits)')),
    regions: (own(value, 'regions') ?? null) === null ? null : list('regions', isRegion, 'a list of regions'),
    config: readConfig(value),
    sampling: inRange('sampling', 0, 1, 1),
    logOnly: flag('logOnly', false),
  };
}

const isTag = (item: unknown): boolean => typeof item === 'string' && tagPattern.test(item);

function readAssignment(value: Raw): PublishedAssignment {
  const version = own(value, 'version');
  if (!isVersion(version)) throw new Malformed('/version', version, '"v1" or "v2"');
  const reason = own(value, 'reason') ?? 'UNKNOWN';
  if (typeof reason !== 'string' || reason.length > 64) throw new Malformed('/reason', reason, 'at most 64 characters');
  return { version, reason, config: readConfig(value) };
}

function readConfig(value: Raw): JsonObject {
  const config = own(value, 'config') ?? {};
  if (!isObject(config)) throw new Malformed('/config', config, 'an object');
  return config as JsonObject;
}
