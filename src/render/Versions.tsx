'use client';
// Comes in: a gate, v1 and v2. Goes out: one of them on the screen, whatever v2 does. Who calls: every gate of this room.
import { createElement, Suspense, useSyncExternalStore, type ElementType, type ReactNode } from 'react';
import type { Decision } from '../decide/decide.js';
import type { Gate } from '../client/gate.js';
import type { ResetEvent } from '../client/gateView.js';
import type { Version } from '../evaluate/snapshot.js';
import { Activity } from './Activity.js';
import { Catcher } from './Catcher.js';
import { CommitMark } from './CommitMark.js';
import type { GateProps } from './gateProps.js';
import { isLazyElement } from './lazyVersion.js';
import { Sentinel } from './Sentinel.js';
import { useHeld } from './useHeld.js';
import { useLayout } from './useLayout.js';
import { useMounted } from './useMounted.js';

/** v1 after a failure: what was thrown, and how to try v2 again. */
export interface FailedV2 {
  readonly error: unknown;
  readonly reset: () => void;
}

export interface VersionsProps {
  readonly gate: Gate;
  readonly v1: ReactNode | ((failed: FailedV2 | undefined) => ReactNode);
  readonly v2: ReactNode | ((details: Decision) => ReactNode);
  readonly props: GateProps;
  /** Called in a layout effect with the version that is on the screen. */
  readonly onShown?: (version: Version) => void;
}

/**
 * Shows v1 or v2. Both have fixed positions side by side and are never keyed by version, so a mounted one keeps its state,
 * focus and text whatever happens to the other.
 * @source docs/fallback.md
 */
export function Versions({ gate, v1, v2, props, onShown }: VersionsProps): ReactNode {
  const { loading, minHeight } = props;
  const Keep = props.keepV1 === 'activity' ? Activity : undefined;
  const view = useSyncExternalStore(gate.subscribe, gate.getView, gate.getServerView);
  const showsLoading = view.shows === 'loading' && !view.keepsV1 && loading !== undefined;
  const { isAdmitted, hadV1 } = useMounted(gate, view, showsLoading, v1, props, Keep !== undefined);

  const isOn = view.shows === 'v2' && isAdmitted;
  const isV1Shown = !isOn && !showsLoading;
  useLayout(() => onShown?.(isOn ? 'v2' : 'v1'), [isOn, onShown]);

  const failed = view.shows === 'v1' && view.because === 'failed' ? view : undefined;
  const renderV1 = (): ReactNode =>
    typeof v1 === 'function' ? v1(failed && { error: failed.error, reset: () => gate.reset(byHand) }) : v1;
  const renderMarkedV1 = (): ReactNode => (
    <CommitMark gate={gate} version="v1" counts={view.shows === 'v1'}>
      {renderV1()}
    </CommitMark>
  );
  const renderV1Slot = (): ReactNode => (
    <Sentinel onFailed={(error) => gate.v1Failed(error)}>{renderMarkedV1()}</Sentinel>
  );
  const isV1Kept = Keep !== undefined && isOn && hadV1 && !view.isProven;

  const v2Slot = (
    // A new one for what is new, before v2 comes in: React 18 reports HTML that changes before it is taken over, not HTML that goes.
    <Suspense key={view.shows} fallback={isOn ? suspenseFallback(loading, renderMarkedV1) : null}>
      {isOn ? (
        <CommitMark gate={gate} version="v2" counts>
          <V2 v2={v2} component={view.component} decision={view.decision} />
        </CommitMark>
      ) : null}
    </Suspense>
  );
  const versions = (
    <>
      <Catcher active={isOn} onCatch={gate.caught}>
        {useHeld(v2Slot, isOn && view.isHtml)}
      </Catcher>
      {!isV1Shown && !isV1Kept ? null : Keep ? (
        <Keep mode={isV1Shown ? 'visible' : 'hidden'}>{renderV1Slot()}</Keep>
      ) : (
        renderV1Slot()
      )}
      {showsLoading ? loading : null}
    </>
  );
  return minHeight === undefined ? (
    versions
  ) : (
    <div data-switchback="gate" style={{ minHeight }}>
      {versions}
    </div>
  );
}

const byHand: ResetEvent = { reason: 'imperative-api' };

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
