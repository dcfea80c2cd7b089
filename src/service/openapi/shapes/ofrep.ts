import * as v from 'valibot';
import type { OfrepFlag } from '../../http/ofrepFlag.js';
import { flag, text, version, whole } from './primitives.js';

const metadata = v.record(v.string(), v.union([v.boolean(), text, v.number()]));

/** `value` says whether v2 is on; `metadata.reason` is our own word for why. */
export const ofrepFlag = v.object({
  key: text,
  value: flag,
  variant: version,
  reason: v.picklist(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN']),
  metadata,
}) satisfies v.GenericSchema<unknown, OfrepFlag>;

export const ofrepFlags = v.object({
  flags: v.array(ofrepFlag),
  metadata: v.object({
    epoch: v.exactOptional(whole),
    revision: v.exactOptional(whole),
    killsOnly: v.exactOptional(v.literal(true)),
    emergency: flag,
    configEtag: text,
  }),
  eventStreams: v.array(
    v.object({ type: v.literal('sse'), endpoint: v.object({ requestUri: text }), inactivityDelaySec: whole }),
  ),
});

/** A context that cannot be evaluated; `key` is absent in a bulk evaluation. */
export const ofrepFailure = v.object({
  key: v.exactOptional(text),
  errorCode: v.picklist(['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL']),
  errorDetails: text,
});

export const ofrepNotFound = v.object({ key: text, errorCode: v.literal('FLAG_NOT_FOUND'), errorDetails: text });

export const ofrepError = v.object({ errorDetails: text });

/** Other attributes may be there and are not read. */
export const ofrepRequest = v.looseObject({
  context: v.looseObject({
    targetingKey: v.pipe(v.string(), v.minLength(1)),
    region: v.exactOptional(v.nullable(text)),
  }),
});
