'use client';

import { createElement, useContext, useMemo, type ComponentType, type ReactNode } from 'react';
import { createBoundaryHost, createLooseHost } from '../client/boundaryHost.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { systemClock } from '../client/clock.js';
import { createFaults } from '../client/faults.js';
import { createGate } from '../client/createGate.js';
import type { Gate } from '../client/gate.js';
import { shareLoads, type LazySource } from '../client/loads.js';
import { SwitchbackError } from '../error.js';
import type { FeatureKey } from '../features.js';
import { SwitchbackContext } from './context.js';
import type { GateProps } from './gateProps.js';
import { lazySourceOf } from './lazyVersion.js';
import { useVersions, type FailedV2 } from './Versions.js';

/** What a fallback is told: what was thrown (it may be null) and how to try again. */
export type FallbackProps = FailedV2;

/** v1, as an element, a function or a component: exactly one of them. */
export type FallbackChoice =
  | { readonly fallback: ReactNode; readonly fallbackRender?: never; readonly FallbackComponent?: never }
  | {
      readonly fallback?: never;
      readonly fallbackRender: (props: FallbackProps) => ReactNode;
      readonly FallbackComponent?: never;
    }
  | {
      readonly fallback?: never;
      readonly fallbackRender?: never;
      readonly FallbackComponent: ComponentType<FallbackProps>;
    };

/** What to show when v2 fails, and which feature it counts for. */
export type FallbackBoundaryProps = FallbackChoice &
  GateProps & {
    /** Counts what happens under this feature. It does not gate: v2 is always tried. */
    readonly feature?: FeatureKey | undefined;
    /** v2. */
    readonly children: ReactNode;
  };

/**
 * Shows v2 (`children`) until it fails, then v1. It does not ask whether the feature is on; with `feature` it needs a provider.
 * @throws SwitchbackError `missing-provider` for a `feature` without a provider
 */
export function FallbackBoundary(props: FallbackBoundaryProps): ReactNode {
  const { feature, children } = props;
  const client = useContext(SwitchbackContext);
  const lazy = lazySourceOf(children);
  const gate = useMemo(() => gateFor(client, feature, lazy), [client, feature, lazy]);
  return useVersions({
    gate,
    v1: hasFallback(props) ? (failed) => renderFallback(props, failed) : undefined,
    v2: children,
    props,
  });
}

function gateFor(client: SwitchbackClient | null, feature: FeatureKey | undefined, lazy: LazySource | null): Gate {
  if (feature === undefined) {
    const loads = client?.internals.loads ?? shareLoads(systemClock, Math.random);
    return createGate(createLooseHost(loads, createFaults(client?.internals.fault).guard), lazy);
  }
  if (client === null)
    throw new SwitchbackError(
      'missing-provider',
      `<FallbackBoundary feature="${feature}"> needs a <SwitchbackProvider> above it`,
    );
  return client.internals.createGate(feature, lazy, createBoundaryHost);
}

const hasFallback = ({ fallback, fallbackRender, FallbackComponent }: FallbackBoundaryProps): boolean =>
  fallback !== undefined || fallbackRender !== undefined || FallbackComponent !== undefined;

function renderFallback(props: FallbackBoundaryProps, failed: FailedV2 | undefined): ReactNode {
  const { fallback, fallbackRender, FallbackComponent } = props;
  // Before a failure there is nothing to tell a fallback that wants the error.
  if (fallbackRender !== undefined) return failed === undefined ? null : fallbackRender(failed);
  if (FallbackComponent !== undefined) return failed === undefined ? null : createElement(FallbackComponent, failed);
  return fallback;
}
