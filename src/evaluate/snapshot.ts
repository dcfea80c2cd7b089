// Comes in: nothing. Goes out: the Snapshot, the state of all features at one revision. Who reads it: every room.

/** `v1` is stable, the control; `v2` is the candidate, the treatment. */
export type Version = 'v1' | 'v2';

/** JSON as `JSON.parse` gives it; objects from the wire are read by own keys only. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
/** An object that JSON can say, such as a feature's settings. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Who asks: OpenFeature's evaluation context. A missing or empty `targetingKey` counts as `default-session`. */
export interface EvaluationContext {
  /** Who it is, such as a user's id: the same key has the same version everywhere. */
  readonly targetingKey?: string | undefined;
  /** What a feature's `regions` are compared with. */
  readonly region?: string | undefined;
  readonly [attribute: string]: unknown;
}

/** Snapshots are ordered by epoch (ms of the store's creation), then revision. */
export interface Order {
  readonly epoch: number;
  readonly revision: number;
}

/** The published rules of one feature. */
export interface FeatureRule {
  readonly enabled: boolean;
  /** Someone or something rolled the feature back and nobody has undone it. */
  readonly rolledBack: boolean;
  /** 0–100, in steps of 0.01. */
  readonly percentage: number;
  /** Names the stage of a rollout plan, for tallies. */
  readonly stage: string | null;
  /** Start of the window in ms since 1970 by the service's clock, inclusive. */
  readonly fromMs: number | null;
  /** End of the window in ms since 1970 by the service's clock, exclusive. */
  readonly untilMs: number | null;
  /** Features that must be v2 for this context first. */
  readonly requires: readonly string[];
  /** Tags that get v1 whatever else holds. */
  readonly deny: ReadonlySet<string>;
  /** Tags that get v2 before the percentage is asked. */
  readonly allow: ReadonlySet<string>;
  readonly regions: readonly string[] | null;
  readonly config: JsonObject;
  /** 0–1: the share of informational observations that is kept. */
  readonly sampling: number;
  readonly logOnly: boolean;
}

/** A finished answer for one context, from a source that evaluates elsewhere. */
export interface PublishedAssignment {
  readonly version: Version;
  readonly reason: string;
  readonly config: JsonObject;
}

/** A feature whose published state made no sense: v1 with reason `ERROR`. */
export interface MalformedFeature {
  readonly malformed: string;
}

/** How the source wants to be talked to; every duration in ms. */
export interface Delivery {
  readonly pollMs: number;
  readonly heartbeatMs: number;
  readonly spreadMs: number;
  /** 0–1: the share of clients that confirm a kill. */
  readonly ackRate: number;
  readonly maxStaleMs: number;
}

interface SnapshotBase extends Order {
  readonly publishedAt: string;
  /** Since when everything is v1; null when it is not. */
  readonly emergency: { readonly since: string } | null;
  /** Features that are v1 for everyone, whatever else the snapshot says. */
  readonly kills: ReadonlySet<string>;
  readonly delivery: Delivery;
}

export interface RulesSnapshot extends SnapshotBase {
  readonly kind: 'rules';
  readonly features: ReadonlyMap<string, FeatureRule | MalformedFeature>;
}

export interface AssignmentsSnapshot extends SnapshotBase {
  readonly kind: 'assignments';
  readonly features: ReadonlyMap<string, PublishedAssignment | MalformedFeature>;
}

/** The published state of all features at one revision, as rules or as finished assignments. */
export type Snapshot = RulesSnapshot | AssignmentsSnapshot;

/** What a feature may be called: a letter, then up to 63 letters, digits, `_`, `.` or `-`. */
export const featureKeyPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

export const isFeatureKey = (value: unknown): value is string =>
  typeof value === 'string' && featureKeyPattern.test(value);

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isVersion = (value: unknown): value is Version => value === 'v1' || value === 'v2';

/** Negative, zero or positive as `a` is before, equal to or after `b`. */
export const compareOrder = (a: Order, b: Order): number => a.epoch - b.epoch || a.revision - b.revision;

/** What a client assumes until a source says otherwise. */
export const defaultDelivery: Delivery = {
  pollMs: 15_000,
  heartbeatMs: 8_000,
  spreadMs: 0,
  ackRate: 1,
  maxStaleMs: 86_400_000,
};
