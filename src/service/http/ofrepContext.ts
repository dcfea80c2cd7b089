import { showValue } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';
import type { EvaluationContext } from '../../evaluate/snapshot.js';
import { OfrepRefusal } from './ofrepRefusal.js';
import { publicContentTypes, readJson } from './readBody.js';

const maxBytes = 65_536;

/**
 * Reads the context of an evaluation: the two attributes that rules ask for, by own keys only.
 * @throws OfrepRefusal `PARSE_ERROR`, `INVALID_CONTEXT`, `TARGETING_KEY_MISSING`
 * @throws Problem 400, 413, 415
 */
export async function readOfrepContext(request: Request): Promise<EvaluationContext> {
  const body = await readJson(request, { maxBytes, contentTypes: publicContentTypes, optional: true });
  if (!isObject(body)) throw new OfrepRefusal('PARSE_ERROR', `a JSON object is needed, found ${showValue(body)}`);
  const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
    Object.hasOwn(object, name) ? object[name] : undefined;
  const context = own(body, 'context') ?? {};
  if (!isObject(context)) throw new OfrepRefusal('INVALID_CONTEXT', `context: an object, found ${showValue(context)}`);
  const targetingKey = own(context, 'targetingKey') ?? '';
  const region = own(context, 'region') ?? undefined;
  if (typeof targetingKey !== 'string')
    throw new OfrepRefusal('INVALID_CONTEXT', `context.targetingKey: text, found ${showValue(targetingKey)}`);
  if (region !== undefined && typeof region !== 'string')
    throw new OfrepRefusal('INVALID_CONTEXT', `context.region: text, found ${showValue(region)}`);
  // Without one, everybody would be in the same bucket.
  if (targetingKey.trim() === '')
    throw new OfrepRefusal('TARGETING_KEY_MISSING', 'context.targetingKey says who is asking; it is needed');
  return region === undefined ? { targetingKey } : { targetingKey, region };
}
