'use client';
// Comes in: how v2 of each feature fails. Goes out: gates whose v2 does. Who calls: clients of tests and stories.
import type { ClientInternals } from '../../client/switchbackClient.js';
import { createBreakLoads, type BreakLoadsOptions } from './breakLoads.js';
import { thrownOnPurpose, type Failure } from './failure.js';
import type { FaultOf } from './faults.js';

/** Puts failures between gates, as they are made, and their v2. For gates that are there already: `createStandIn`. */
export function breakGates(
  createGate: ClientInternals['createGate'],
  faultOf: FaultOf,
  options: BreakLoadsOptions,
): ClientInternals['createGate'] {
  const breakLoads = createBreakLoads(faultOf, options);
  return (feature, lazy, wrap) => {
    const gate = createGate(feature, breakLoads(feature, lazy), wrap);
    const { isSubscribed, committed } = gate;
    const throwIf = (failure: Failure): void => {
      if (faultOf(feature).failure === failure) throw thrownOnPurpose(feature, failure);
    };
    // The first that v2 asks while it renders, from inside its catcher.
    gate.isSubscribed = () => {
      if (gate.getView().shows === 'v2') throwIf('render');
      return isSubscribed.call(gate);
    };
    gate.committed = (version, commitMs) => {
      committed.call(gate, version, commitMs);
      if (version === 'v2') throwIf('effect');
    };
    return gate;
  };
}
