'use client';

import { Component, type ErrorInfo, type ReactNode } from 'react';

export interface CatcherProps {
  /** Whether v2 is inside. An idle catcher still takes what v2's cleanups throw on the way out. */
  readonly active: boolean;
  readonly onCatch: (error: unknown, componentStack: string | undefined) => void;
  readonly children: ReactNode;
}

interface CatcherState {
  // A flag, not the error: null may be thrown too.
  readonly isTripped: boolean;
}

/**
 * Takes v2's errors. v1 is its sibling, never its child: so v1's errors pass it by, and v2's never take v1 along. Always
 * mounted, in a fixed position.
 */
export class Catcher extends Component<CatcherProps, CatcherState> {
  override state: CatcherState = { isTripped: false };

  static getDerivedStateFromError(): CatcherState {
    return { isTripped: true };
  }

  static getDerivedStateFromProps({ active }: CatcherProps, { isTripped }: CatcherState): CatcherState | null {
    return isTripped && !active ? { isTripped: false } : null;
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    this.props.onCatch(error, componentStack ?? undefined);
  }

  override render(): ReactNode {
    return this.state.isTripped ? null : this.props.children;
  }
}
