'use client';
// Comes in: a gate, v1 and v2. Goes out: one of them on the screen, whatever v2 does. Who calls: every gate of this room.
import { createElement, Suspense, useReducer, useSyncExternalStore, type ElementType, type ReactNode } from 'react';
import type { Decision } from '../decide/decide.js';
import type { Gate } from '../client/gate.js';
import { Catcher } from './Catcher.js';
import { CommitMark } from './CommitMark.js';
import { isLazyElement } from './lazyVersion.js';
import { Sentinel } from './Sentinel.js';
import { useLayout } from './useLayout.js';

/** v1 after a failure: what was thrown, and how to try v2 again. */
export interface FailedV2 {
  readonly error: unknown;
  readonly reset: () => void;
}

export interface VersionsProps {
  readonly gate: Gate;
  readonly v1: ReactNode | ((failed: FailedV2 | undefined) => ReactNode);
  readonly v2: ReactNode | ((details: Decision) => ReactNode);
  readonly loading?: ReactNode;
}

/**
 * Shows v1 or v2. Both have fixed positions side by side and are never keyed by version, so a mounted one keeps its state,
 * focus and text whatever happens to the other.
 * @source docs/fallback.md
 */
export function Versions({ gate, v1, v2, loading }: VersionsProps): ReactNode {
  const view = useSyncExternalStore(gate.subscribe, gate.getView, gate.getServerView);
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  useLayout(() => {
    const disconnect = gate.connect();
    // A probe or a hold that is taken here has to show before the paint; the subscription is too late for that.
    if (gate.getView() !== view) renderAgain();
    return disconnect;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the view of the first render is the one to compare with
  }, [gate]);

  const isOn = view.shows === 'v2';
  const isFailed = view.shows === 'v1' && view.because === 'failed';
  const showsLoading = view.shows === 'loading' && !view.keepsV1 && loading !== undefined;
  const renderV1 = (): ReactNode =>
    typeof v1 === 'function' ? v1(isFailed ? { error: view.error, reset: () => gate.reset() } : undefined) : v1;

  return (
    <>
      <Catcher active={isOn} onCatch={(error, stack) => gate.caught(error, stack)}>
        <Suspense fallback={isOn ? suspenseFallback(loading, renderV1) : null}>
          {isOn ? (
            <CommitMark gate={gate} version="v2" counts>
              <V2 v2={v2} component={view.component} decision={view.decision} />
            </CommitMark>
          ) : null}
        </Suspense>
      </Catcher>
      {isOn || showsLoading ? null : (
        <Sentinel onFailed={(error) => gate.v1Failed(error)}>
          <CommitMark gate={gate} version="v1" counts={view.shows === 'v1'}>
            {renderV1()}
          </CommitMark>
        </Sentinel>
      )}
      {showsLoading ? loading : null}
    </>
  );
}

// What a server cannot render of v2 the browser will: until then its HTML is v1, not a spinner.
function suspenseFallback(loading: ReactNode, renderV1: () => ReactNode): ReactNode {
  return loading === undefined || typeof document === 'undefined' ? renderV1() : loading;
}

interface V2Props {
  readonly v2: VersionsProps['v2'];
  readonly component: unknown;
  readonly decision: Decision;
}

// A component of its own, so that a render function that throws does so inside the catcher.
function V2({ v2, component, decision }: V2Props): ReactNode {
  if (typeof v2 === 'function') return v2(decision);
  return component !== undefined && isLazyElement(v2) ? createElement(component as ElementType, v2.props) : v2;
}
