import type { JsonObject, JsonValue } from '../evaluate/snapshot.js';
import type { AuditEntry, ChangeSource, RetiredFeature, StoredFeature, StoredRollback, TaggedUser } from './store.js';

/** A row of `feature_flags` as `to_jsonb` gives it. */
export interface FeatureRow {
  readonly feature: string;
  readonly enabled: boolean;
  readonly percentage: number;
  readonly enabled_users: readonly TaggedUser[];
  readonly denied_users: readonly TaggedUser[];
  readonly regions: readonly string[] | null;
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly requires: readonly string[];
  readonly config: JsonObject;
  /** By hand in psql it may be anything. */
  readonly config_schema: JsonValue;
  readonly sampling: number;
  readonly log_only: boolean;
  readonly owner: string | null;
  readonly description: string | null;
  readonly remove_by: string | null;
  readonly row_revision: number;
  readonly updated_at: string;
  readonly retired_at: string | null;
}

export interface RollbackRow {
  readonly id: number;
  readonly feature: string | null;
  readonly started_at: string;
  readonly actor: string;
  readonly source: ChangeSource;
  readonly reason: string | null;
  readonly from_percentage: number | null;
  readonly revision: number | null;
  readonly ended_at: string | null;
  readonly ended_by: string | null;
  readonly ended_reason: string | null;
}

export interface AuditRow extends Omit<AuditEntry, 'requestId'> {
  readonly request_id: string | null;
}

const toTime = (at: string): string => new Date(at).toISOString();
const toTimeOrNull = (at: string | null): string | null => (at === null ? null : toTime(at));
const toUser = ({ tag, label }: TaggedUser): TaggedUser => (label ? { tag, label } : { tag });

const toSchema = (value: JsonValue): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

export const toStoredFeature = (row: FeatureRow): StoredFeature => ({
  feature: row.feature,
  enabled: row.enabled,
  percentage: row.percentage,
  allow: row.enabled_users.map(toUser),
  deny: row.denied_users.map(toUser),
  regions: row.regions,
  from: toTimeOrNull(row.valid_from),
  until: toTimeOrNull(row.valid_until),
  requires: row.requires,
  config: row.config,
  configSchema: toSchema(row.config_schema),
  sampling: row.sampling,
  logOnly: row.log_only,
  owner: row.owner,
  description: row.description,
  removeBy: row.remove_by,
  rowRevision: row.row_revision,
  updatedAt: toTime(row.updated_at),
});

export const toRetiredFeature = (row: FeatureRow): RetiredFeature => ({
  ...toStoredFeature(row),
  retiredAt: toTime(row.retired_at ?? row.updated_at),
});

export const toStoredRollback = (row: RollbackRow): StoredRollback => ({
  id: row.id,
  feature: row.feature,
  startedAt: toTime(row.started_at),
  actor: row.actor,
  source: row.source,
  reason: row.reason,
  fromPercentage: row.from_percentage,
  revision: row.revision ?? 0,
  endedAt: toTimeOrNull(row.ended_at),
  endedBy: row.ended_by,
  endedReason: row.ended_reason,
});

export const toAuditEntry = (row: AuditRow): AuditEntry => ({
  id: row.id,
  at: toTime(row.at),
  feature: row.feature,
  action: row.action,
  actor: row.actor,
  source: row.source,
  reason: row.reason,
  before: row.before,
  after: row.after,
  requestId: row.request_id,
});
