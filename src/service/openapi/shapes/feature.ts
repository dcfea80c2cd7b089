import * as v from 'valibot';
import type { FeatureJson, RollbackEntry } from '../../http/featureJson.js';
import type { RetiredFeature, StoredRollback, TaggedUser } from '../../store.js';
import {
  featureKey,
  flag,
  jsonObject,
  order,
  percentage,
  share,
  source,
  tag,
  text,
  time,
  whole,
} from './primitives.js';

const taggedUser = v.object({ tag, label: v.exactOptional(text) }) satisfies v.GenericSchema<unknown, TaggedUser>;

const rollbackEntry = v.object({
  id: whole,
  timestamp: time,
  reason: v.nullable(text),
  actor: text,
  source,
  endedAt: v.nullable(time),
}) satisfies v.GenericSchema<unknown, RollbackEntry>;

export const feature = v.object({
  feature: featureKey,
  enabled: flag,
  percentage,
  allow: v.array(taggedUser),
  deny: v.array(taggedUser),
  regions: v.nullable(v.array(text)),
  from: v.nullable(time),
  until: v.nullable(time),
  requires: v.array(featureKey),
  config: jsonObject,
  configSchema: v.nullable(jsonObject),
  sampling: share,
  logOnly: flag,
  owner: v.nullable(text),
  description: v.nullable(text),
  removeBy: v.nullable(v.pipe(v.string(), v.isoDate())),
  rowRevision: v.pipe(whole, v.description('Goes up by one with each change; the ETag of the feature')),
  updatedAt: time,
  rolloutPercentage: percentage,
  rolledBack: flag,
  rollbackHistory: v.array(rollbackEntry),
}) satisfies v.GenericSchema<unknown, FeatureJson>;

export const retiredFeature = v.object({ ...feature.entries, retiredAt: time }) satisfies v.GenericSchema<
  unknown,
  RetiredFeature
>;

/** What every change answers. */
export const change = v.object({
  feature: v.nullable(featureKey),
  enabled: flag,
  ...order,
  rollbackId: v.nullable(whole),
  auditId: v.nullable(whole),
});

/** A changed feature, and the change. */
export const changedFeature = v.object({ ...feature.entries, ...change.entries });

export const rollback = v.object({
  id: whole,
  feature: v.nullable(featureKey),
  startedAt: time,
  actor: text,
  source,
  reason: v.nullable(text),
  fromPercentage: v.nullable(percentage),
  revision: whole,
  endedAt: v.nullable(time),
  endedBy: v.nullable(text),
  endedReason: v.nullable(text),
}) satisfies v.GenericSchema<unknown, StoredRollback>;

/** What an import would change, or changed. */
export const difference = v.object({
  differs: flag,
  changes: v.array(
    v.object({
      feature: featureKey,
      action: v.picklist(['create', 'change']),
      rowRevision: whole,
      fields: v.array(v.object({ field: text, from: v.unknown(), to: v.unknown() })),
    }),
  ),
  untouched: v.array(featureKey),
});
