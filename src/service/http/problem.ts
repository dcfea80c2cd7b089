import { showValue } from '../../error.js';

/** What is wrong with one field: where (a JSON pointer), what was there (at most 64 characters), what should have been. */
export interface FieldError {
  readonly pointer: string;
  readonly value: string;
  readonly message: string;
}

/** The last part of a problem's `type`, with its status and title. */
const problems = {
  'invalid-json': [400, 'The body is not JSON'],
  'invalid-request': [400, 'The request cannot be read'],
  unauthorized: [401, 'A token is needed'],
  forbidden: [403, 'This token may not do that'],
  'read-only': [403, 'This service is read-only'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  conflict: [409, 'In conflict with the current state'],
  'stale-revision': [412, 'Changed by someone else meanwhile'],
  'body-too-large': [413, 'The body is too large'],
  'unsupported-media-type': [415, 'Unsupported content type'],
  'invalid-value': [422, 'A value is not acceptable'],
  'if-match-required': [428, 'If-Match is needed'],
  'too-many-requests': [429, 'Too many requests'],
  'internal-error': [500, 'A fault of the service'],
  unavailable: [503, 'Not available right now'],
} as const;

export type ProblemKind = keyof typeof problems;

export const problemStatus = (kind: ProblemKind): number => problems[kind][0];

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  /** The state that a stale change should have been based on. */
  readonly current?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal that becomes a problem document (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly extras: ProblemExtras;

  /** @param options `cause`: what is for our log and not for the caller */
  constructor(kind: ProblemKind, detail: string, extras: ProblemExtras = {}, options: ErrorOptions = {}) {
    super(detail, options);
    this.kind = kind;
    this.extras = extras;
  }

  get status(): number {
    return problemStatus(this.kind);
  }
}

/** Refuses one field of a body: 422 with its pointer, the value shown, and what would be right. */
export const refuseField = (pointer: string, value: unknown, message: string): Problem =>
  new Problem('invalid-value', `${pointer}: ${message}`, {
    errors: [{ pointer, value: showValue(value), message }],
  });

/** 503 with Retry-After in seconds. */
export const unavailable = (detail: string, retryAfterS = 1, options: ErrorOptions = {}): Problem =>
  new Problem('unavailable', detail, { headers: { 'retry-after': String(retryAfterS) } }, options);

/**
 * Writes a problem as a response; `instance` is the request's id.
 * @param redact what a caller put into the wrong field is shown to it, and to whoever keeps its logs
 */
export function problemResponse(
  { kind, message, extras }: Problem,
  instance: string,
  redact: (text: string) => string,
): Response {
  const [status, title] = problems[kind];
  const { errors, current, headers } = extras;
  const body = {
    type: `/problems/${kind}`,
    title,
    status,
    detail: message,
    instance,
    ...(errors === undefined ? {} : { errors }),
    ...(current === undefined ? {} : { current }),
  };
  return new Response(redact(JSON.stringify(body)), {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });
}
