import { digestHex, sha256, sha256OfWords } from './sha256.js';

/** What the digest of one feature and one targeting key says. */
export interface Digest {
  /** Integer 0–9999; v2 is on where it is below `round(percentage * 100)`. */
  readonly bucket: number;
  /** 16 lower-case hex digits: how allow and deny lists name this user in a published snapshot. */
  readonly tag: string;
  /** First 24 hex digits of the digest: names this user in a metrics batch, so that the service can recompute the bucket. */
  readonly subject: string;
}

/** Where digests come from: our own SHA-256 in the browser, node:crypto in the service, a memo in a client. */
export type DigestOf = (feature: string, targetingKey: string) => Digest;

const maxTargetingKeyLength = 256;
const defaultTargetingKey = 'default-session';

/**
 * Brings a targeting key into the form that is hashed: trimmed, NFC, without control characters, at most 256 UTF-16 units.
 * @returns the normalised key; `default-session` for anything that is not a string or is empty afterwards
 */
export function normalizeTargetingKey(targetingKey: unknown): string {
  if (typeof targetingKey !== 'string') return defaultTargetingKey;
  const normalized = targetingKey
    .trim()
    .normalize('NFC')
    .replace(/\p{Cc}/gu, '')
    .slice(0, maxTargetingKeyLength);
  return normalized === '' ? defaultTargetingKey : normalized;
}

/** Reads a digest from the 64 hex digits of SHA-256; the one place that knows their layout. */
export function readDigest(hex: string): Digest {
  return {
    bucket: readBucket(Number.parseInt(hex.slice(0, 8), 16)),
    tag: hex.slice(8, 24),
    subject: hex.slice(0, 24),
  };
}

const readBucket = (n: number): number => (n % 100) * 100 + (Math.floor(n / 100) % 100);

// Filled and read within one call, never across two.
const scratch = new Int32Array(256);

function hash(feature: string, targetingKey: string): Int32Array {
  const isShort =
    typeof targetingKey === 'string' &&
    targetingKey !== '' &&
    targetingKey.length <= maxTargetingKeyLength &&
    feature.length < 512;
  if (isShort) {
    const colon = feature.length;
    const length = colon + 1 + targetingKey.length;
    for (let word = (length + 72) >> 2; word >= 0; word--) scratch[word] = 0;
    scratch[colon >> 2] = 0x3a << (24 - (colon & 3) * 8);
    if (packPlain(feature, 0) && packPlain(targetingKey, colon + 1)) return sha256OfWords(scratch, length);
  }
  return sha256(encodeUtf8(`${feature}:${normalizeTargetingKey(targetingKey)}`));
}

// Not by TextEncoder: Jest's jsdom has none. As there, half a surrogate pair becomes U+FFFD.
const encodeUtf8 = (text: string): Uint8Array =>
  Uint8Array.from(encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).match(/%..|./g) ?? [], (byte) =>
    byte.length === 3 ? Number.parseInt(byte.slice(1), 16) : byte.charCodeAt(0),
  );

// Text that is its own normal form, one byte per character: nearly every key there is, so it is spared the rest.
function packPlain(text: string, from: number): boolean {
  const words = scratch;
  for (let read = 0, at = from; read < text.length; read++, at++) {
    const code = text.charCodeAt(read);
    if (code < 0x21 || code > 0x7e) return false;
    words[at >> 2]! |= code << (24 - (at & 3) * 8);
  }
  return true;
}

/**
 * Hashes one feature and one targeting key.
 * @param targetingKey any string; normalised first
 * @returns never throws; an empty key counts as `default-session`
 * @source docs/concepts.md, "Who gets v2": SHA-256 of `feature:key`, first 8 hex digits mod 100; hundredths from the next two decimal digits
 */
export const digestOf: DigestOf = (feature, targetingKey) => readDigest(digestHex(hash(feature, targetingKey)));

/**
 * Places a user for one feature; the same answer in the browser and in the service.
 * @returns an integer 0–9999: in the rollout when below `round(percentage * 100)`
 */
export const bucketOf = (feature: string, targetingKey: string): number =>
  readBucket(hash(feature, targetingKey)[0]! >>> 0);
