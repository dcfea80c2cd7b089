import { showValue } from '../../error.js';
import { checkDepth, checkText } from './checkJson.js';
import { Problem } from './problem.js';

export interface BodyRules {
  readonly maxBytes: number;
  /** Accepted content types; a body without one is taken as JSON. */
  readonly contentTypes: readonly string[];
  /** No body at all reads as `{}`. */
  readonly optional?: boolean;
  /** Awaited when the body is here and before it is read as JSON, which takes time; it may throw. */
  readonly turn?: () => Promise<void>;
}

/** What admin routes accept: `curl -d` without a header says urlencoded, and in an emergency that must do. */
export const adminContentTypes = [
  'application/json',
  'application/merge-patch+json',
  'application/x-www-form-urlencoded',
];

/** What public routes accept: beacons can only say text/plain. */
export const publicContentTypes = ['application/json', 'text/plain'];

/**
 * Reads a body as JSON, counting bytes as they arrive, so that a chunked body cannot be larger than its limit.
 * @throws Problem 400, 413, 415, 422 for what is nested too deeply or cannot be stored
 */
export async function readJson(request: Request, rules: BodyRules): Promise<unknown> {
  const bytes = await readBytes(request, rules.maxBytes);
  if (bytes.length === 0 && rules.optional === true) return {};
  await rules.turn?.();
  const contentType = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (contentType !== '' && !rules.contentTypes.includes(contentType))
    throw new Problem(
      'unsupported-media-type',
      `send ${rules.contentTypes[0]}, found ${showValue(contentType)}; with curl: -H "Content-Type: application/json"`,
    );
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity')
    throw new Problem(
      'unsupported-media-type',
      `send the body as it is, found Content-Encoding ${showValue(encoding)}`,
    );
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('invalid-json', 'the body is not UTF-8');
  }
  checkDepth(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('invalid-json', `the body is not JSON, found ${showValue(text)}`);
  }
  checkText(text, value);
  return value;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new Problem('body-too-large', `a body here has at most ${maxBytes} bytes`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Problem('invalid-request', 'the body ended early');
    });
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      reader.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
