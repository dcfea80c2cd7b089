import type { MockFeature, MockState } from './mockState.js';
import type { MockStreams } from './mockStreams.js';

/** What the routes of a mock service work on. */
export interface MockCore {
  readonly state: MockState;
  readonly streams: MockStreams;
  readonly ofrepStreams: MockStreams;
  /** What was posted, in order. */
  readonly batches: unknown[];
  readonly confirmations: unknown[];
  nowMs(): number;
  /** Makes a change: the next revision, told to every stream. */
  change(make: (at: string) => void): void;
}

export interface MockCall {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  /** The body as JSON; an empty object where there is none or it is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** One route: below `root`, such as `/api/snapshot` or `/health/features`. */
export interface MockRoute {
  readonly method: 'get' | 'post' | 'patch';
  readonly path: string;
  /** Needs a bearer token. */
  readonly isAdmin?: boolean;
  readonly run: (call: MockCall) => Response;
}

const titles: Readonly<Record<string, readonly [number, string]>> = {
  'invalid-json': [400, 'The body is not JSON'],
  unauthorized: [401, 'A token is needed'],
  'not-found': [404, 'Not found'],
  conflict: [409, 'In conflict with the current state'],
  'stale-revision': [412, 'Changed by someone else meanwhile'],
  'invalid-value': [422, 'A value is not acceptable'],
  'if-match-required': [428, 'If-Match is needed'],
  unavailable: [503, 'Not available right now'],
};

/** A problem document, as the service answers. */
export function problem(kind: string, detail: string, pointer?: string, value?: unknown): Response {
  const [status, title] = titles[kind] ?? [500, 'A fault of the service'];
  const errors =
    pointer === undefined
      ? {}
      : { errors: [{ pointer, value: String(JSON.stringify(value)).slice(0, 64), message: detail }] };
  const body = { type: `/problems/${kind}`, title, status, detail, instance: 'test', ...errors };
  const retry =
    kind === 'unavailable' ? { 'retry-after': '1' } : kind === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {};
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...retry },
  });
}

export const answer = (body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

/** A feature as admin routes show it. */
export function featureJson({ state }: MockCore, feature: string, fields: MockFeature) {
  const own = state.rollbacks.filter((one) => one.feature === feature || one.feature === null);
  return {
    feature,
    ...fields,
    rolloutPercentage: fields.percentage,
    rolledBack: own.some(({ endedAt }) => endedAt === null),
    rollbackHistory: [...own].reverse().map(({ id, startedAt, reason, actor, source, endedAt }) => ({
      id,
      timestamp: startedAt,
      reason,
      actor,
      source,
      endedAt,
    })),
  };
}
