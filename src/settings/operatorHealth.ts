'use client';

/** `unknown`: too little was counted to say. */
export type OperatorHealthStatus = 'healthy' | 'degraded' | 'critical' | 'unknown';

/** How v2 did lately, as the service judges it. */
export interface OperatorHealth {
  readonly status: OperatorHealthStatus;
  /** Why it is not healthy, or cannot be said to be. */
  readonly reasons: readonly OperatorHealthReason[];
}

/** One thing that speaks for or against a version. */
export interface OperatorHealthReason {
  /** In the service's words, such as `errors` or `slower-than-v1`. */
  readonly code: string;
  readonly status: OperatorHealthStatus;
  /** A sentence of the service, in English. */
  readonly detail: string;
}

type Fields = Readonly<Record<string, unknown>>;

const statuses: readonly unknown[] = ['healthy', 'degraded', 'critical', 'unknown'];
const maxReasons = 20;
const maxDetailLength = 300;

/** Reads the answer of `GET /api/features/{key}/health`; undefined: it is none. */
export function readHealth(body: unknown): OperatorHealth | undefined {
  const { versions } = Object(body) as Fields;
  const { v2 } = Object(versions) as Fields;
  const { status, reasons } = Object(v2) as Fields;
  if (!isStatus(status) || !Array.isArray(reasons)) return undefined;
  return { status, reasons: reasons.slice(0, maxReasons).flatMap(readReason) };
}

function readReason(value: unknown): OperatorHealthReason[] {
  const { code, status, detail } = Object(value) as Fields;
  if (typeof code !== 'string' || typeof detail !== 'string' || !isStatus(status)) return [];
  return [{ code, status, detail: detail.slice(0, maxDetailLength) }];
}

const isStatus = (value: unknown): value is OperatorHealthStatus => statuses.includes(value);
