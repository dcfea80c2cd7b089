import * as v from 'valibot';
import { featureKey, flag, jsonObject, order, percentage, share, tag, text, time, whole } from './primitives.js';

const rule = v.object({
  enabled: flag,
  percentage,
  stage: v.nullable(text),
  from: v.nullable(time),
  until: v.nullable(time),
  requires: v.array(featureKey),
  deny: v.array(tag),
  allow: v.array(tag),
  regions: v.nullable(v.array(text)),
  config: jsonObject,
  sampling: share,
  logOnly: flag,
  rolledBack: v.exactOptional(v.literal(true)),
});

const killsField = v.pipe(
  v.array(featureKey),
  v.description('v1 for everyone, whatever else this snapshot says; sorted'),
);
const emergencyField = v.nullable(v.object({ since: time }));
const deliveryField = v.object({
  pollMs: whole,
  heartbeatMs: whole,
  spreadMs: whole,
  ackRate: share,
  maxStaleMs: whole,
});

/** What a service that has read nothing yet holds on v1: added to whatever a client knows. */
export const killsSnapshot = v.object({
  schema: v.literal(1),
  kind: v.literal('kills'),
  emergency: emergencyField,
  kills: killsField,
  delivery: deliveryField,
});

/** The published rules: no owner, description, reason, actor or user id. */
export const snapshot = v.object({
  schema: v.literal(1),
  kind: v.literal('rules'),
  ...order,
  publishedAt: time,
  emergency: emergencyField,
  kills: killsField,
  delivery: deliveryField,
  features: v.record(
    v.string(),
    v.union([rule, v.pipe(v.string(), v.description('Why it makes no sense: v1 with the reason ERROR'))]),
  ),
});

export const batchAnswer = v.object({
  status: v.picklist(['accepted', 'duplicate', 'partial']),
  acceptedBuckets: whole,
  rejectedBuckets: whole,
  partialSuccess: v.array(
    v.object({
      index: whole,
      code: v.picklist(['invalid', 'unknown-feature', 'expired', 'future', 'version-mismatch', 'sender-limit']),
      detail: text,
    }),
  ),
  notes: v.pipe(
    v.array(
      v.object({ code: v.picklist(['number-reused', 'users-left-out', 'names-left-out']), count: whole, detail: text }),
    ),
    v.description('What was counted in another way than it was sent'),
  ),
  gaps: v.pipe(v.array(v.array(whole)), v.description('Missing seqs as [first, last]')),
  revision: whole,
});
