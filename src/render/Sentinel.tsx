'use client';

import { Component, type ReactNode } from 'react';

export interface SentinelProps {
  /** v1 threw and was taken off the screen by the host's boundary. */
  readonly onFailed: (error: unknown) => void;
  readonly children: ReactNode;
}

interface SentinelState {
  readonly thrown?: { readonly error: unknown };
}

/**
 * Watches v1 without keeping its errors: it throws the same error again while rendering, so that the host's boundary gets it
 * as if nothing stood between, and counts it when React takes v1 away.
 */
export class Sentinel extends Component<SentinelProps, SentinelState> {
  override state: SentinelState = {};

  static getDerivedStateFromError(error: unknown): SentinelState {
    return { thrown: { error } };
  }

  override componentWillUnmount(): void {
    if (this.state.thrown !== undefined) this.props.onFailed(this.state.thrown.error);
  }

  override render(): ReactNode {
    if (this.state.thrown !== undefined) throw this.state.thrown.error;
    return this.props.children;
  }
}
