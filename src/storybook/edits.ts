import { isFeatureKey, isVersion, type JsonObject, type Version } from '../evaluate/snapshot.js';
import { isDelayMs, isFailure, type Failure } from '../render/breaking/failure.js';
import { isPercentage } from './percentage.js';

/** What the panel changes of one feature; absent: as the story says. */
export interface FeatureEdit {
  readonly version?: Version;
  /** 0–100. */
  readonly percentage?: number;
  readonly config?: JsonObject;
  /** `none`: it works, whatever the story says. */
  readonly fail?: Failure | 'none';
  readonly delayMs?: number;
}

/** What the panel changes of a story. */
export interface Edits {
  /** Another targeting key. */
  readonly user?: string | undefined;
  /** By feature; `*`: all of them. */
  readonly features: ReadonlyMap<string, FeatureEdit>;
}

export const everyFeature = '*';
export const noEdits: Edits = { features: new Map() };

// Storybook keeps globals in the page's URL.
const maxTextLength = 8_000;

/** Writes edits as text that Storybook takes into the URL: letters, digits, `-` and `_`; empty where there are none. */
export function encodeEdits({ user, features }: Edits): string {
  const edited = [...features].filter(([, edit]) => Object.keys(edit).length > 0);
  if (user === undefined && edited.length === 0) return '';
  const text = JSON.stringify({ user, features: Object.fromEntries(edited) });
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte));
  return btoa(bytes.join('')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Reads edits.
 * @param value what `encodeEdits` wrote, or the same as an object, as a story's `globals` may have it
 * @returns what of it makes sense: it may come from a link
 */
export function readEdits(value: unknown): Edits {
  const given = typeof value === 'string' ? decode(value) : value;
  if (!isObject(given)) return noEdits;
  const { user, features } = given;
  const edits = new Map<string, FeatureEdit>();
  for (const [feature, edit] of Object.entries(isObject(features) ? features : {}))
    if ((feature === everyFeature || isFeatureKey(feature)) && isObject(edit)) edits.set(feature, readEdit(edit));
  return { features: edits, ...(typeof user === 'string' && user !== '' && { user: user.slice(0, 256) }) };
}

function readEdit({ version, percentage, config, fail, delayMs }: Readonly<Record<string, unknown>>): FeatureEdit {
  return {
    ...(isVersion(version) && { version }),
    ...(isPercentage(percentage) && { percentage }),
    ...(isObject(config) && { config: config as JsonObject }),
    ...((isFailure(fail) || fail === 'none') && { fail }),
    ...(isDelayMs(delayMs) && { delayMs }),
  };
}

function decode(text: string): unknown {
  if (text === '' || text.length > maxTextLength) return null;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
