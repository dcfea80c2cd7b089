import { isObject, type Raw } from '../../evaluate/kind.js';
import { isCount, type JsonObject, type Order } from '../../evaluate/snapshot.js';
import {
  collectFeatures,
  versionOf,
  type FlagKeys,
  type ForeignAnswer,
  type ForeignAssignment,
} from './foreignAnswer.js';

export interface OfrepAnswer extends ForeignAnswer {
  /** Of engines that have one, as our service does. */
  readonly order: Order | null;
}

/** Where an engine says that something changed. */
export interface OfrepStreams {
  readonly urls: readonly string[];
  /** How long a hidden page keeps them. */
  readonly inactivityMs: number;
}

const maxFlags = 20_000;
const defaultInactivityS = 120;
const maxInactivityS = 86_400;

/**
 * Reads a bulk evaluation of any engine: values that are booleans, `v1`, `v2`, `on` or `off`, or settings whose variant is one of
 * these; whatever else is v1.
 * @returns undefined for what is no bulk evaluation; never throws
 */
export function readOfrepAnswer(value: unknown, flagKeys: FlagKeys | undefined): OfrepAnswer | undefined {
  if (!isObject(value) || !Array.isArray(value['flags'])) return undefined;
  const { features, namesOf } = collectFeatures(flagKeys);
  const kills: string[] = [];
  for (const flag of value['flags'].slice(0, maxFlags)) {
    if (!isObject(flag)) continue;
    for (const name of namesOf(flag['key'])) {
      const assignment = readFlag(flag);
      features.set(name, assignment);
      if (assignment.version === 'v1' && isKill(flag)) kills.push(name);
    }
  }
  const metadata = metadataOf(value);
  const { epoch, revision, emergency } = metadata;
  return {
    features,
    kills: kills.sort(),
    emergency: emergency === true,
    order: isCount(epoch) && isCount(revision) ? { epoch, revision } : null,
  };
}

const metadataOf = ({ metadata }: Raw): Raw => (isObject(metadata) ? metadata : {});

function readFlag(flag: Raw): ForeignAssignment {
  const { value, variant, errorCode, reason } = flag;
  if (errorCode !== undefined) return { version: 'v1', reason: 'ERROR' };
  const metadata = metadataOf(flag);
  const said = typeof metadata['reason'] === 'string' ? metadata['reason'] : reason;
  const config = isObject(value) ? (value as JsonObject) : readConfig(metadata['config']);
  return {
    version: (isObject(value) ? versionOf(variant) : versionOf(value)) ?? 'v1',
    reason: typeof said === 'string' ? said.slice(0, 64) : 'UNKNOWN',
    ...(config && { config }),
  };
}

// Our own service says what is a kill; with others, what is disabled is off for everybody.
function isKill(flag: Raw): boolean {
  const { reason, kill } = metadataOf(flag);
  return typeof reason === 'string' ? kill === true && reason !== 'DENIED' : flag['reason'] === 'DISABLED';
}

function readConfig(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const config: unknown = JSON.parse(text);
    return isObject(config) ? (config as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads where an engine announces changes.
 * @param url of the engine; streams without an origin are there
 * @returns http and https only; never throws
 */
export function readOfrepStreams(value: unknown, url: string): OfrepStreams {
  const { eventStreams } = Object(value);
  const urls: string[] = [];
  let inactivityS = maxInactivityS;
  for (const stream of Array.isArray(eventStreams) ? eventStreams.slice(0, 16) : []) {
    const { type, url: whole, endpoint, inactivityDelaySec: delayS } = Object(stream);
    const { origin, requestUri } = Object(endpoint);
    const found = type === 'sse' ? resolve(whole ?? requestUri, whole ? undefined : origin, url) : undefined;
    if (found === undefined) continue;
    urls.push(found);
    inactivityS = Math.min(inactivityS, isCount(delayS) && delayS > 0 ? delayS : defaultInactivityS);
  }
  return { urls, inactivityMs: inactivityS * 1_000 };
}

function resolve(target: unknown, origin: unknown, base: string): string | undefined {
  if (typeof target !== 'string' || target === '') return undefined;
  try {
    const page = typeof location === 'undefined' ? undefined : location.href;
    const engine = new URL(base, page);
    const found = new URL(target, typeof origin === 'string' ? origin : engine);
    return /^https?:$/.test(found.protocol) ? found.href : undefined;
  } catch {
    return undefined;
  }
}
