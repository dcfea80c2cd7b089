'use client';

import { useLayoutEffect, type ComponentType } from 'react';
import type { Clock } from '../../client/clock.js';
import { lazyVersion } from '../lazyVersion.js';
import { breakLoader } from './breakLoads.js';
import { thrownOnPurpose } from './failure.js';
import type { Fault } from './faults.js';

/**
 * A component that fails as v2 is to fail, and takes its place in gates that are on the page already.
 * @param onArrived v2's code was late and is there: whoever put the stand-in into its place takes it away
 */
export function createStandIn(feature: string, fault: Fault, clock: Clock, onArrived: () => void): ComponentType {
  const { failure, delayMs } = fault;
  const Failing = (): null => {
    useLayoutEffect(() => {
      if (failure === 'effect') throw thrownOnPurpose(feature, failure);
    }, []);
    if (failure === 'render') throw thrownOnPurpose(feature, failure);
    return null;
  };
  if (delayMs === 0 && (failure === 'render' || failure === 'effect')) return Failing;
  const arrive = async (): Promise<{ default: ComponentType }> => {
    if (failure === null) onArrived();
    return { default: Failing };
  };
  const loader = breakLoader(feature, arrive, () => fault, clock) as typeof arrive;
  return lazyVersion(loader, { retries: 0 });
}
