// Comes in: changes and batches. Goes out: the whole state at one revision, and word of every change. Who calls: the handler.
import type { JsonObject, Order } from '../evaluate/snapshot.js';
import type { Counts } from '../observe/tally.js';
import type { Histogram } from '../observe/histogram.js';
import type { Measures } from '../observe/measure.js';
import type { Sums } from '../observe/sum.js';

/** What a token may do; `operator` may all that `viewer` may, `admin` everything. */
export type Role = 'viewer' | 'operator' | 'admin';
/** Where a change came from. */
export type ChangeSource = 'api' | 'cli' | 'ui' | 'env' | 'sql' | 'guard' | 'plan';

/** A user named by tag; the label is for operators and never published. */
export interface TaggedUser {
  readonly tag: string;
  readonly label?: string;
}

/** One feature as stored. Times are ISO 8601. */
export interface StoredFeature {
  readonly feature: string;
  readonly enabled: boolean;
  /** 0–100 with two decimals. */
  readonly percentage: number;
  readonly allow: readonly TaggedUser[];
  readonly deny: readonly TaggedUser[];
  readonly regions: readonly string[] | null;
  readonly from: string | null;
  readonly until: string | null;
  readonly requires: readonly string[];
  readonly config: JsonObject;
  /** What `config` has to keep to, in a subset of JSON Schema 2020-12; null: anything. */
  readonly configSchema: JsonObject | null;
  /** 0–1. */
  readonly sampling: number;
  readonly logOnly: boolean;
  readonly owner: string | null;
  readonly description: string | null;
  /** YYYY-MM-DD. */
  readonly removeBy: string | null;
  /** Goes up by one with each change of this row; the `ETag` of a feature. */
  readonly rowRevision: number;
  readonly updatedAt: string;
}

/** A feature that is published no more; everything else stays as it was. */
export interface RetiredFeature extends StoredFeature {
  readonly retiredAt: string;
}

/** A rollback; `feature` null means all of them (the emergency). */
export interface StoredRollback {
  readonly id: number;
  readonly feature: string | null;
  readonly startedAt: string;
  readonly actor: string;
  readonly source: ChangeSource;
  readonly reason: string | null;
  readonly fromPercentage: number | null;
  readonly revision: number;
  readonly endedAt: string | null;
  readonly endedBy: string | null;
  readonly endedReason: string | null;
}

/** One change as the audit keeps it; `at` is ISO 8601, `before` and `after` are the feature's row. */
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly feature: string | null;
  readonly action: string;
  readonly actor: string;
  readonly source: ChangeSource;
  readonly reason: string | null;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly requestId: string | null;
}

/** Everything the service publishes from, read in one statement. */
export interface StoredState extends Order {
  readonly changedAt: string;
  readonly features: ReadonlyMap<string, StoredFeature>;
  /** Active ones only. */
  readonly rollbacks: readonly StoredRollback[];
  /** Unlike `epoch` where that was raised and nobody has said yet that they looked. Absent: this store does not know. */
  readonly acknowledgedEpoch?: number;
  /** The stage of a rollout plan that a feature is at, such as `p7-s3`, by feature. */
  readonly stages?: ReadonlyMap<string, string>;
}

/** Who changes what, and why; goes into the audit with the change. */
export interface ChangeOrigin {
  readonly actor: string;
  readonly source: ChangeSource;
  readonly reason: string | null;
  readonly requestId: string | null;
}

/** The fields of a feature that a change may set. */
export type FeaturePatch = Partial<Omit<StoredFeature, 'feature' | 'rowRevision' | 'updatedAt'>>;

/** One of several changes that are made together. */
export interface FeatureChange {
  readonly feature: string;
  readonly patch: FeaturePatch;
  /** As it was read; 0: the feature is new. */
  readonly ifRowRevision: number;
}

/** The order of the state after a change, and what the change made. */
export interface ChangeResult extends Order {
  readonly feature: StoredFeature | null;
  readonly rollbackId: number | null;
  readonly auditId: number | null;
}

/** One bucket of a batch, after validation and the consistency check. */
export interface AcceptedBucket {
  readonly feature: string;
  readonly version: 'v1' | 'v2';
  readonly arm: 'v1' | 'v2' | 'none';
  readonly reason: string;
  readonly epoch: number;
  readonly revision: number;
  readonly stage: string | null;
  readonly startMs: number;
  readonly durationMs: number;
  readonly counts: Counts;
  readonly units: { readonly exposed: number; readonly error: number; readonly slow: number; readonly silent: number };
  readonly histograms: Readonly<Record<string, Histogram>>;
  readonly sums: Sums;
  readonly measures: Measures;
  readonly subject: string | null;
  readonly unverified: boolean;
}

/** What one page counted, after validation; stored once per sender and number. */
export interface BatchToStore {
  readonly senderId: string;
  readonly seq: number;
  readonly dropped: { readonly queueFull: number; readonly expired: number; readonly storage: number };
  readonly buckets: readonly AcceptedBucket[];
  /** Of the buckets as they were sent, so that another batch under the same number is told apart. */
  readonly checksum?: string;
}

/**
 * What became of a batch. `duplicate`: this sender and number were stored before. `limited`: the sender sent more than any page can;
 * nothing of it counts, and the number is taken.
 */
export interface BatchResult {
  readonly status: 'stored' | 'duplicate' | 'limited';
  /** Numbers that are missing, as [from, to]. */
  readonly gaps: readonly (readonly [number, number])[];
  /** What was stored under this number before had other buckets. */
  readonly differs?: boolean;
  /** Users that were not counted, because a sender speaks for few. */
  readonly usersLeftOut?: number;
  /** Names that were counted as `other`, because their feature has as many as it may. */
  readonly namesLeftOut?: number;
}

/** Numbers of one version, added up. */
export interface StoredNumbers {
  readonly counts: Counts;
  readonly histograms: Readonly<Record<string, Histogram>>;
  readonly sums: Sums;
  /** By name; `other` counts the values of names that found no place. */
  readonly measures: Measures;
}

/** Both versions of a feature at one step of time; steps without anything are left out. */
export interface StoredStep extends StoredNumbers {
  /** A multiple of the step. */
  readonly startMs: number;
  /** Of the longest bucket in it: what is old is kept in longer ones. */
  readonly durationMs: number;
  readonly version: 'v1' | 'v2';
  /** As in `StoredTotals`. */
  readonly assigned: boolean;
}

/** How much of what pages counted arrived, in values: what a batch counts, a dropped observation, or what a missing batch may have held. */
export interface StoredDelivery {
  readonly senders: number;
  readonly received: number;
  /** Pages said so themselves. */
  readonly dropped: number;
  /** Numbers of batches that never came, times what a batch holds. */
  readonly missing: number;
}

/** Numbers of one version over a window. */
export interface StoredTotals extends StoredNumbers {
  readonly version: 'v1' | 'v2';
  /**
   * Whether these users had the version by `SPLIT`: only those may be compared. v1 by default, held, tripped or as a fallback, and
   * whoever was allowed or forced, are not.
   */
  readonly assigned: boolean;
  /** Distinct users per bit; 0 where they are not assigned. */
  readonly units: { readonly exposed: number; readonly error: number; readonly slow: number; readonly silent: number };
}

/**
 * The store behind the service. Changes are one transaction each: audited, all or nothing.
 * @throws StoreError with code `not-found`, `conflict` (exists, cycle), `stale` (row revision), `invalid`, `unavailable`
 */
export interface FlagStore {
  /** Reads everything in one statement. */
  readState(): Promise<StoredState>;
  /** Makes a feature; `conflict` where it exists. */
  createFeature(feature: string, patch: FeaturePatch, origin: ChangeOrigin): Promise<ChangeResult>;
  /** `ifRowRevision` null: unconditional. */
  changeFeature(
    feature: string,
    patch: FeaturePatch,
    ifRowRevision: number | null,
    origin: ChangeOrigin,
  ): Promise<ChangeResult>;
  /** Makes all of the changes or none. */
  changeFeatures(changes: readonly FeatureChange[], origin: ChangeOrigin): Promise<ChangeResult>;
  /** Publishes a feature no more. `conflict` while others require it or a plan of it is open. */
  retireFeature(feature: string, origin: ChangeOrigin): Promise<ChangeResult>;
  /** Brings a retired feature back, off. */
  restoreFeature(feature: string, origin: ChangeOrigin): Promise<ChangeResult>;
  /** Latest first, at most 1,000. */
  readRetired(): Promise<readonly RetiredFeature[]>;
  /** Turns a feature off for everyone; a row lock held elsewhere does not block it. */
  rollback(feature: string, origin: ChangeOrigin): Promise<ChangeResult>;
  /** Turns everything off for everyone. */
  emergencyRollback(origin: ChangeOrigin): Promise<ChangeResult>;
  /** Ends a rollback; for an emergency, `features` are those that come back, all others stay off. */
  undoRollback(id: number, features: readonly string[] | null, origin: ChangeOrigin): Promise<ChangeResult>;
  /** Latest first. */
  readAudit(query: { feature?: string; limit: number; beforeId?: number }): Promise<readonly AuditEntry[]>;
  /** Latest first. */
  readRollbacks(query: { feature?: string; limit: number }): Promise<readonly StoredRollback[]>;
  /** Resolves after commit. */
  storeBatch(batch: BatchToStore): Promise<BatchResult>;
  /** Over buckets that begin in [fromMs, toMs); older ones are as long as they are kept. */
  readTotals(feature: string, fromMs: number, toMs: number): Promise<readonly StoredTotals[]>;
  /** The same by steps of `stepMs`, counted from 1970; in order of time. */
  readSteps(feature: string, fromMs: number, toMs: number, stepMs: number): Promise<readonly StoredStep[]>;
  /** Of senders that were heard of after `sinceMs` by the clock of the store. */
  readDelivery(sinceMs: number): Promise<StoredDelivery>;
  /** ms since 1970 of the last exposure of v2 of this feature that happened after `sinceMs`, and how many; by bucket start. */
  readV2Since(
    features: readonly string[],
    sinceMs: number,
  ): Promise<{ exposures: number; lastSeenAtMs: number | null }>;
  /** Calls back soon after each commit that changed the revision, and after a lost connection came back. Returns stop. */
  watch(onChange: () => void, onHealth: (healthy: boolean, error?: unknown) => void): () => void;
  close(): Promise<void>;
}

/** Why a store refused; `conflict`: it exists, or would be a circle, `stale`: the row has changed since it was read. */
export type StoreErrorCode = 'not-found' | 'conflict' | 'stale' | 'invalid' | 'unavailable';

/** What a store refuses, in words for the caller; `field` is a JSON pointer where one field is to blame. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly field: string | undefined;
  readonly current: StoredFeature | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    details: { field?: string; current?: StoredFeature; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.current = details.current;
  }
}
