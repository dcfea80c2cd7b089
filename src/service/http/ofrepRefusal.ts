import { redactSecrets } from '../tokenSecret.js';
import { Problem, type ProblemKind } from './problem.js';

/** Why an evaluation was refused, in the protocol's words. */
export type OfrepErrorCode = 'PARSE_ERROR' | 'TARGETING_KEY_MISSING' | 'INVALID_CONTEXT' | 'FLAG_NOT_FOUND' | 'GENERAL';

/** A refusal that becomes an OFREP error. */
export class OfrepRefusal extends Error {
  override readonly name = 'OfrepRefusal';
  readonly code: OfrepErrorCode;

  constructor(code: OfrepErrorCode, details: string) {
    super(details);
    this.code = code;
  }
}

const maxShownKey = 256;

const codeOf: Partial<Readonly<Record<ProblemKind, OfrepErrorCode>>> = {
  'invalid-json': 'PARSE_ERROR',
  'unsupported-media-type': 'PARSE_ERROR',
  'invalid-request': 'PARSE_ERROR',
  // Nested too deeply, or text with NUL: the protocol has no 422.
  'invalid-value': 'INVALID_CONTEXT',
  // Nor 413.
  'body-too-large': 'GENERAL',
};

/**
 * Runs an OFREP route; what it throws is answered in the protocol's form. Faults of ours go on to the router.
 * @param key the flag that was asked for; null in a bulk evaluation, whose errors name none
 */
export async function answerOfrep(key: string | null, run: () => Promise<Response>): Promise<Response> {
  try {
    return await run();
  } catch (error) {
    const refusal =
      error instanceof OfrepRefusal
        ? error
        : error instanceof Problem && codeOf[error.kind] !== undefined
          ? new OfrepRefusal(codeOf[error.kind]!, error.message)
          : undefined;
    if (refusal !== undefined) {
      const errorDetails = redactSecrets(refusal.message);
      const named = key === null ? {} : { key: key.slice(0, maxShownKey) };
      return Response.json(
        { ...named, errorCode: refusal.code, errorDetails },
        { status: refusal.code === 'FLAG_NOT_FOUND' ? 404 : 400 },
      );
    }
    // 429 and 503 keep their Retry-After.
    if (error instanceof Problem)
      return Response.json(
        { errorDetails: redactSecrets(error.message) },
        { status: error.status, headers: { ...error.extras.headers } },
      );
    throw error;
  }
}
