import { isSameDecision, type Decision } from '../decide/decide.js';
import type { FailurePhase } from '../observe/observe.js';
import { SwitchbackError } from '../error.js';

/** A failure of v2 as hosts are told of it; `cleanup` happened on the way out and changed nothing. */
export interface FallbackEvent {
  /** Null for a `FallbackBoundary` without one. */
  readonly feature: string | null;
  /** Where it failed. */
  readonly phase: FailurePhase | 'cleanup';
  /** What was thrown, untouched: it may be null. */
  readonly error: unknown;
  /** React's, where it gave one. */
  readonly componentStack?: string | undefined;
  /** Whether the keyboard focus was inside v2; it is on the element around v1 now. */
  readonly hadFocus: boolean;
}

/** Why a failure was forgotten: one of the `resetKeys` changed, or `reset` was called. */
export type ResetEvent =
  | { readonly reason: 'keys'; readonly prev: readonly unknown[]; readonly next: readonly unknown[] }
  | { readonly reason: 'imperative-api' };

/** @throws SwitchbackError `invalid-option` */
export function refuseReset(): never {
  throw new SwitchbackError(
    'invalid-option',
    'a reset while v2 fails is ignored: it would loop; call it from an event handler or a timer',
  );
}

/** What a gate shows. `loading`: v2's code is under way, or nothing is known yet and there is time to wait. */
export type GateView =
  | { readonly shows: 'v1'; readonly because: 'decision' | 'held' | 'tripped'; readonly decision: Decision }
  | { readonly shows: 'v1'; readonly because: 'failed'; readonly decision: Decision; readonly error: unknown }
  | { readonly shows: 'loading'; readonly keepsV1: boolean; readonly decision: Decision }
  | {
      readonly shows: 'v2';
      readonly decision: Decision;
      readonly component: unknown;
      /** A server's HTML that nothing has taken over yet. */
      readonly isHtml: boolean;
      /** It settled, or nobody asked to keep v1 until then. */
      readonly isProven: boolean;
    };

/** What one gate was given besides its versions; always the latest. */
export interface GateSettings {
  /** v1 took the place of a v2 that failed. */
  readonly onFallback?: ((event: FallbackEvent) => void) | undefined;
  /** Any failure of v2, before `onFallback`; also one of a v2 that is leaving, which changes nothing. */
  readonly onError?: ((event: FallbackEvent) => void) | undefined;
  /** A failure was forgotten: v2 may be tried again. */
  readonly onReset?: ((event: ResetEvent) => void) | undefined;
  readonly suspendTimeoutMs?: number | undefined;
  readonly resetKeys?: readonly unknown[] | undefined;
}

/** Whether two views show the same for the same decision, so that the older object can be kept. */
export function isSameView(a: GateView, b: GateView): boolean {
  if (a === b) return true;
  if (a.shows !== b.shows || !isSameDecision(a.decision, b.decision)) return false;
  if (a.shows === 'v1' && b.shows === 'v1') return a.because === b.because;
  if (a.shows === 'v2' && b.shows === 'v2')
    return a.component === b.component && a.isHtml === b.isHtml && a.isProven === b.isProven;
  return a.shows === 'loading' && b.shows === 'loading' && a.keepsV1 === b.keepsV1;
}
