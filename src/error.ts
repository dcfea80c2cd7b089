/**
 * What went wrong, for programs: `invalid-option` and `invalid-feature` are misuse and thrown at construction; the others
 * describe a part of ours that failed while v1 went on working.
 */
export type SwitchbackErrorCode =
  | 'invalid-option'
  | 'invalid-feature'
  | 'invalid-snapshot'
  | 'missing-provider'
  | 'missing-boundary'
  | 'snapshot-failed'
  | 'stream-failed'
  | 'load-failed'
  | 'load-timeout'
  | 'suspend-timeout'
  | 'storage-failed'
  | 'report-failed'
  | 'call-refused'
  | 'call-timeout'
  | 'write-uncertain'
  | 'closed';

/** An error of ours: `[switchback]` and a sentence that names the field and shows the value; `cause` is the original. */
export class SwitchbackError extends Error {
  override readonly name = 'SwitchbackError';
  readonly code: SwitchbackErrorCode;

  constructor(code: SwitchbackErrorCode, message: string, options?: { cause?: unknown }) {
    super(`[switchback] ${message}`, options);
    this.code = code;
  }
}

/**
 * Receives faults of ours: a source, a store, a reporter or a callback that threw. The host page never sees them otherwise.
 * @param operation what we were doing, such as `snapshot` or `onFallback`
 */
export type OnInternalFault = (operation: string, error: unknown) => void;

const maxShownLength = 64;

/** Shows a bad value in a message: JSON where it has one, at most 64 characters, never throws. */
export function showValue(value: unknown): string {
  let shown: string | undefined;
  try {
    shown =
      typeof value === 'string' || (typeof value === 'object' && value !== null)
        ? JSON.stringify(value)
        : String(value);
    // A toJSON may give nothing.
    shown ??= String(value);
  } catch {
    shown = `[${typeof value}]`;
  }
  return shown.length > maxShownLength ? `${shown.slice(0, maxShownLength - 1)}…` : shown;
}

/** Refuses an option. @throws SwitchbackError `invalid-option`, naming the option and showing its value */
export function refuseOption(name: string, expected: string, value: unknown): never {
  throw new SwitchbackError('invalid-option', `${name} must be ${expected}, found ${showValue(value)}`);
}

/** Ends a `switch` over a union: a new member that is not handled does not compile. */
export function assertNever(value: never): never {
  throw new TypeError(`[switchback] unexpected value ${showValue(value)}`);
}
