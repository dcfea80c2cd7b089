'use client';

import { Component, type ErrorInfo, type ReactNode } from 'react';
import type { Gate } from '../client/gate.js';
import { focusedPath, keepFocus } from './focus.js';

export interface CatcherProps {
  readonly gate: Gate;
  /** Whether v2 is inside. An idle catcher still takes what v2's cleanups throw on the way out. */
  readonly active: boolean;
  /** Whether what is inside is left alone: React gives up a server's HTML that waits for its code when that is rendered again. */
  readonly isHeld: boolean;
  readonly children: ReactNode;
}

interface CatcherState {
  // A flag, not the error: null may be thrown too.
  readonly isTripped: boolean;
}

const calm: CatcherState = { isTripped: false };

/**
 * Takes v2's errors. v1 is its sibling, never its child: so v1's errors pass it by, and v2's never take v1 along. Always
 * mounted, in a fixed position.
 */
export class Catcher extends Component<CatcherProps, CatcherState> {
  override state: CatcherState = calm;
  #hadFocus = false;

  static getDerivedStateFromError(): CatcherState {
    return { isTripped: true };
  }

  static getDerivedStateFromProps({ active }: CatcherProps, { isTripped }: CatcherState): CatcherState | null {
    return isTripped && !active ? calm : null;
  }

  override shouldComponentUpdate(next: CatcherProps, state: CatcherState): boolean {
    return state !== this.state || !(this.props.isHeld && next.isHeld);
  }

  // The last moment before React changes the document: afterwards the focus is gone without a trace.
  override getSnapshotBeforeUpdate(): readonly Element[] {
    return focusedPath();
  }

  override componentDidUpdate(_props: CatcherProps, _state: CatcherState, path: readonly Element[]): void {
    this.#hadFocus = keepFocus(path);
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    this.props.gate.caught(error, {
      componentStack: componentStack ?? undefined,
      isLeaving: !this.props.active,
      hadFocus: this.#hadFocus,
    });
  }

  override render(): ReactNode {
    return this.state.isTripped ? null : this.props.children;
  }
}

/**
 * Whether a root's `onCaughtError` is about an error that a gate caught and told of already.
 * @param info the second argument of React's `onCaughtError`
 */
export const isSwitchbackError = (info: { readonly errorBoundary?: unknown }): boolean =>
  info.errorBoundary instanceof Catcher;
