'use client';

/**
 * What went wrong between the panel and the service. `lost`: no answer, and perhaps done all the same. `unreachable`: nothing
 * there. `changed`: somebody else was faster (412) or it does not go together with what is (409).
 */
export type OperatorProblemKind =
  | 'lost'
  | 'unreachable'
  | 'garbled'
  | 'token'
  | 'forbidden'
  | 'readOnly'
  | 'missing'
  | 'changed'
  | 'busy'
  | 'refused';

/** A refusal or failure, as the panel shows it. */
export class OperatorProblem extends Error {
  override readonly name = 'OperatorProblem';
  readonly kind: OperatorProblemKind;
  /** Whole seconds, where the service said when to come back. */
  readonly retryAfterS: number | null;

  /** @param detail the service's own sentence, or nothing */
  constructor(kind: OperatorProblemKind, detail: string, retryAfterS: number | null = null) {
    super(detail);
    this.kind = kind;
    this.retryAfterS = retryAfterS;
  }
}

/** Reads an answer that is no success. @param redact takes the token out, should anything ever repeat it */
export function problemOf(response: Response, body: unknown, redact: (text: string) => string): OperatorProblem {
  const { detail, type } = Object(body) as Readonly<Record<string, unknown>>;
  const said = typeof detail === 'string' ? redact(detail).slice(0, 500) : '';
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterS = Number.isFinite(after) && after >= 0 ? Math.ceil(after) : null;
  return new OperatorProblem(kindOf(response.status, type), said, retryAfterS);
}

function kindOf(status: number, type: unknown): OperatorProblemKind {
  if (type === '/problems/read-only') return 'readOnly';
  // Whatever stands at that address, it is not the service.
  if (typeof type !== 'string') return status === 502 || status === 504 ? 'lost' : status === 503 ? 'busy' : 'garbled';
  switch (status) {
    case 401:
      return 'token';
    case 403:
      return 'forbidden';
    case 404:
      return 'missing';
    case 409:
    case 412:
      return 'changed';
    case 429:
    case 503:
      return 'busy';
    default:
      return 'refused';
  }
}
