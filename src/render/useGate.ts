'use client';

import { useMemo } from 'react';
import type { Gate } from '../client/gate.js';
import type { GateHost } from '../client/gateHost.js';
import type { FeatureKey } from '../features.js';
import { useSwitchback } from './context.js';
import { lazySourceOf } from './lazyVersion.js';

/**
 * One gate for the life of a component, a feature and a loader.
 * @param v2 looked at only for a lone `lazyVersion` element
 * @param wrap always the same function: makes the gate ask something else than its feature
 */
export function useGate(feature: FeatureKey, v2: unknown, wrap?: (host: GateHost) => GateHost): Gate {
  const { internals } = useSwitchback();
  const lazy = lazySourceOf(v2);
  // Making a gate has no effect; it registers when it is committed.
  return useMemo(() => internals.createGate(feature, lazy, wrap), [internals, feature, lazy, wrap]);
}
