'use client';

import type { ComponentType, ReactNode } from 'react';
import { refuseOption } from '../error.js';
import type { FeatureKey } from '../features.js';
import type { GateProps } from './gateProps.js';
import { lazyVersion, type VersionLoader } from './lazyVersion.js';
import { useGate } from './useGate.js';
import { useVersions } from './Versions.js';

/** The two components, and how v2 is loaded. */
export interface VersionedOptions<Props extends object> extends Omit<GateProps, 'resetKeys'> {
  /** What everybody has who does not get v2, and everybody when v2 fails. */
  readonly v1: ComponentType<Props>;
  /** Loads the component that takes over; it must accept v1's props. */
  readonly v2: VersionLoader<NoInfer<Props>>;
  /** After so many ms a load counts as failed. Default 10,000. */
  readonly timeoutMs?: number;
  /** Further imports after a rejected one. Default 2. */
  readonly retries?: number;
}

/** One component with v1's props. */
export interface VersionedComponent<Props extends object> {
  (props: Props): ReactNode;
  /** Fetches v2's code ahead of time. */
  preload(): Promise<void>;
}

/**
 * Makes one component of two versions, so that call sites stay as they are.
 * @throws SwitchbackError `invalid-option` for a v1 that is no component and a v2 that is no loader
 */
export function versioned<Props extends object>(
  feature: FeatureKey,
  { v1: V1, v2, timeoutMs, retries, ...gateProps }: VersionedOptions<Props>,
): VersionedComponent<Props> {
  if (typeof V1 !== 'function' && (typeof V1 !== 'object' || V1 === null)) refuseOption('v1', 'a component', V1);
  const V2 = lazyVersion<Props>(v2, { timeoutMs, retries });
  const Versioned = (props: Props): ReactNode => {
    const v2Element = <V2 {...props} />;
    const gate = useGate(feature, v2Element);
    return useVersions({ gate, v1: <V1 {...props} />, v2: v2Element, props: gateProps });
  };
  return Object.assign(Versioned, { displayName: `versioned(${feature})`, preload: V2.preload });
}
