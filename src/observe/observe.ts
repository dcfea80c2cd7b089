// Comes in: what happened to a version on screen. Goes out: Observations, and the Tally they add up to. Who calls: client, service.
import type { DecisionReason } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { MeasureKind } from './measure.js';
import type { SumName } from './sum.js';

/**
 * Where a version failed: its code did not arrive, it threw while rendering, in an effect, or while it took over the server's
 * HTML, an event handler or async code of its own was wrapped, or the host said so.
 */
export type FailurePhase = 'load' | 'render' | 'effect' | 'hydration' | 'event' | 'reported';

/** v1 and v2 as assigned by `SPLIT`; everything else, such as an override or the default, is `none`. */
export type Arm = Version | 'none';

/** What an observation is about; the labels of its tally. */
export interface ObservedVersion {
  readonly feature: string;
  readonly version: Version;
  readonly arm: Arm;
  readonly reason: DecisionReason;
  readonly epoch: number;
  readonly revision: number;
  readonly stage: string | null;
}

/** A failure, for logs and sinks: strings only, so that nothing of the host is retained. */
export interface FailureReport {
  readonly phase: FailurePhase;
  /** At most 200 characters. */
  readonly name: string;
  /** At most 1,000 characters. */
  readonly message: string;
  /** At most 4,000 characters. */
  readonly componentStack?: string;
  /** v1 failed as well: most likely something they share. */
  readonly v1AlsoFailed?: boolean;
  /** `dom-mutation`: somebody else, such as a translator, had changed the elements that React was about to change. */
  readonly class?: 'dom-mutation';
  /** What else the same episode threw before v1 was on the screen, as `name: message`; at most 5, 200 characters each. */
  readonly suppressed?: readonly string[];
}

/** One thing that happened to a version of a feature. `atMs` is ms since 1970, durations are ms. */
export type Observation = ObservedVersion & {
  readonly atMs: number;
  /** 0–1: the share of users of the feature whose informational observations are kept; absent: all are. */
  readonly sampling?: number;
  /** How often, where many are told of at once, such as the calls of a function; default 1. Only what is counted has it. */
  readonly times?: number;
} & (
    | { readonly kind: 'attempt' }
    | { readonly kind: 'exposure' }
    | { readonly kind: 'settled' }
    | { readonly kind: 'failure'; readonly failure: FailureReport }
    | { readonly kind: 'aborted' }
    | { readonly kind: 'suppressedByBreaker' }
    | { readonly kind: 'overridden' }
    /** It took this user longer than the feature allows. */
    | { readonly kind: 'slow' }
    /** It was shown, and had neither settled nor ended when it should have. */
    | { readonly kind: 'silent' }
    | { readonly kind: 'timing'; readonly name: TimingName; readonly valueMs: number }
    | { readonly kind: 'sum'; readonly name: SumName; readonly value: number }
    | {
        readonly kind: 'measure';
        readonly name: string;
        readonly measure: MeasureKind;
        readonly unit: string;
        readonly value: number;
      }
  );

/**
 * `chunkLoadMs`: from asking for v2's code to having it. `commitMs`: from the first render to the commit. `fetchMs`: from asking
 * to the answer's head, of requests that are watched.
 */
export type TimingName = 'chunkLoadMs' | 'commitMs' | 'fetchMs';

export const isTimingName = (name: string): name is TimingName =>
  name === 'chunkLoadMs' || name === 'commitMs' || name === 'fetchMs';

const cut = (value: unknown, length: number): string => {
  try {
    return String(value).slice(0, length);
  } catch {
    return 'unprintable';
  }
};

/**
 * Describes whatever was thrown, without touching it.
 * @param error anything: an Error, null, a string, a frozen object, a proxy that throws
 */
export function describeFailure(phase: FailurePhase, error: unknown, componentStack?: string): FailureReport {
  let name = 'Error';
  let message = '';
  try {
    if (typeof error === 'object' && error !== null && 'message' in error) {
      name = cut('name' in error ? error.name : 'Error', 200);
      message = cut(error.message, 1_000);
    } else {
      name = error === null ? 'null' : typeof error;
      message = cut(error, 1_000);
    }
  } catch {
    message = 'unprintable';
  }
  return {
    phase,
    name,
    message,
    ...(componentStack !== undefined && { componentStack: componentStack.slice(0, 4_000) }),
    ...(name === 'NotFoundError' && domMutation.test(message) && { class: 'dom-mutation' as const }),
  };
}

// Chromium and Firefox name the method, Safari does not.
const domMutation = /removeChild|insertBefore|can ?not be found here/;
