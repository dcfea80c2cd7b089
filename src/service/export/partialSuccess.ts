import { isObject } from '../../evaluate/kind.js';

/** What a receiver says beside "taken". */
export interface PartialSuccess {
  /** Points that it took not, and never will. */
  readonly rejected: number;
  /** As it came, on one line; empty where it says nothing. */
  readonly message: string;
}

export const nothingSaid: PartialSuccess = { rejected: 0, message: '' };

const maxMessage = 10_000;
/** No request has so many points; a receiver that says more would fill the counter. */
const maxRejected = 1_000_000;

/**
 * Hears every answer that an exporter of OpenTelemetry reads. It tells nobody but its own log of a partial success, so this reads
 * along where it reads the answer; the version of the exporter is pinned, and a test holds it to that.
 */
export function hearAnswers(exporter: object, hear: (said: PartialSuccess) => void): void {
  const delegate: unknown = Reflect.get(exporter, '_delegate');
  const serializer: unknown = Reflect.get(Object(delegate), '_serializer');
  if (!isObject(delegate) || !isObject(serializer)) return;
  const read = serializer['deserializeResponse'];
  if (typeof read !== 'function') return;
  const deserializeResponse = (bytes: unknown): unknown => {
    const answer: unknown = read.call(serializer, bytes);
    hear(readPartialSuccess(answer));
    return answer;
  };
  Reflect.set(delegate, '_serializer', { ...serializer, deserializeResponse });
}

function readPartialSuccess(answer: unknown): PartialSuccess {
  const { rejectedDataPoints, errorMessage } = Object(Object(answer).partialSuccess);
  const rejected = Number(rejectedDataPoints ?? 0);
  return {
    rejected: Number.isSafeInteger(rejected) && rejected > 0 ? Math.min(rejected, maxRejected) : 0,
    message: typeof errorMessage === 'string' ? errorMessage.replace(/\p{Cc}+/gu, ' ').slice(0, maxMessage) : '',
  };
}
