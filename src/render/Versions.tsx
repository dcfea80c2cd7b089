'use client';
// Comes in: a gate, v1 and v2. Goes out: one of them on the screen, whatever v2 does. Who calls: every gate of this room.
import { createElement, Suspense, useSyncExternalStore, type ElementType, type ReactNode } from 'react';
import type { Decision } from '../decide/decide.js';
import type { Gate } from '../client/gate.js';
import type { GateView, ResetEvent } from '../client/gateView.js';
import type { Version } from '../evaluate/snapshot.js';
import { Activity } from './Activity.js';
import { Catcher } from './Catcher.js';
import { CommitMark } from './CommitMark.js';
import type { GateProps } from './gateProps.js';
import { isLazyElement } from './lazyVersion.js';
import { Sentinel } from './Sentinel.js';
import { useMounted } from './useMounted.js';

/** v1 after a failure: what was thrown, and how to try v2 again. */
export interface FailedV2 {
  readonly error: unknown;
  readonly reset: () => void;
}

export interface VersionsOptions {
  readonly gate: Gate;
  readonly v1: ReactNode | ((failed: FailedV2 | undefined) => ReactNode);
  readonly v2: ReactNode | ((details: Decision) => ReactNode);
  readonly props: GateProps;
  /** Called in a layout effect with the version that is on the screen. */
  readonly onShown?: (version: Version) => void;
}

/**
 * Shows v1 or v2. Both have fixed positions side by side and are never keyed by version, so a mounted one keeps its state,
 * focus and text whatever happens to the other. A hook, since a component more for each gate would cost a list of them.
 * @source docs/fallback.md
 */
export function useVersions({ gate, v1, v2, props, onShown }: VersionsOptions): ReactNode {
  const { loading, minHeight } = props;
  const Keep = props.keepV1 === 'activity' ? Activity : undefined;
  const view = useSyncExternalStore(gate.subscribe, gate.getView, gate.getServerView);
  const showsLoading = view.shows === 'loading' && !view.keepsV1 && loading !== undefined;
  const admitted = useMounted(gate, view, showsLoading, v1, props, Keep !== undefined, onShown);

  const isOn = view.shows === 'v2' && admitted !== 'v1';
  const isV1Shown = !isOn && !showsLoading;

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
  const isV1Kept = Keep !== undefined && isOn && admitted === 'v2AfterV1' && !view.isProven;

  const versions = (
    <>
      <Catcher gate={gate} active={isOn} isHeld={isOn && view.isHtml}>
        {/* A new one for what is new, before v2 comes in: React 18 reports HTML that changes before it is taken over, not HTML that goes. */}
        <Suspense key={view.shows} fallback={isOn ? suspenseFallback(loading, renderMarkedV1) : null}>
          {isOn ? (
            <CommitMark gate={gate} version="v2" counts>
              {renderV2(v2, view)}
            </CommitMark>
          ) : null}
        </Suspense>
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

function renderV2(v2: VersionsOptions['v2'], { component, decision }: Extract<GateView, { shows: 'v2' }>): ReactNode {
  if (component !== undefined) return createElement(component as ElementType, isLazyElement(v2) ? v2.props : null);
  return typeof v2 === 'function' ? <RenderedV2 render={v2} decision={decision} /> : v2;
}

interface RenderedV2Props {
  readonly render: (details: Decision) => ReactNode;
  readonly decision: Decision;
}

// A component of its own, so that a render function that throws does so inside the catcher.
function RenderedV2({ render, decision }: RenderedV2Props): ReactNode {
  return render(decision);
}
