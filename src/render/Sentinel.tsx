'use client';

import { Component, type ReactNode } from 'react';

export interface SentinelProps {
  /** v1 threw and was taken off the screen by the host's boundary. */
  readonly onFailed: (error: unknown) => void;
  readonly children: ReactNode;
}

interface Thrown {
  readonly error: unknown;
  readonly atMs: number;
}

interface SentinelState {
  readonly thrown?: Thrown;
}

// React takes v1 away at once, or after the 300 ms for which it holds back what it shows after a Suspense fallback.
const goneWithinMs = 1_000;

/**
 * Watches v1 without keeping its errors: it throws the same error again while rendering, so that the host's boundary gets it
 * as if nothing stood between, and counts it when React takes v1 away.
 */
export class Sentinel extends Component<SentinelProps, SentinelState> {
  override state: SentinelState = {};
  // Beside the state, which React sets back to what was committed before it unmounts a component.
  #thrown: Thrown | undefined;

  static getDerivedStateFromError(error: unknown): SentinelState {
    return { thrown: { error, atMs: performance.now() } };
  }

  override componentWillUnmount(): void {
    // An older one was overcome by React's second attempt, and v1 leaves for another reason.
    if (this.#thrown && performance.now() - this.#thrown.atMs < goneWithinMs) this.props.onFailed(this.#thrown.error);
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    if (thrown === undefined) return this.props.children;
    this.#thrown = thrown;
    throw thrown.error;
  }
}
