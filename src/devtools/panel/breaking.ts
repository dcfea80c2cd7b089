import type { ClientParts } from '../../client/switchbackClient.js';
import { createStandIn } from '../../render/breaking/createStandIn.js';
import { failureNames } from '../../render/breaking/failure.js';
import { createFaults, type Fault, type FaultOf } from '../../render/breaking/faults.js';

/** What v2 of each feature was made to do here. Gates that are on the page follow. */
export interface Breaking {
  readonly of: FaultOf;
  /** @throws SwitchbackError `invalid-option` for a delay beyond its range */
  put(feature: string, fault: Fault): void;
  /** Has what happens once, such as a delay, happen again. */
  again(feature: string): void;
  /** Whether v2's code is waited for. */
  isLate(feature: string): boolean;
  /** Leaves every v2 alone. */
  close(): void;
}

/** A fault in words. */
export const describeFault = ({ failure, delayMs }: Fault): string =>
  `v2 ${failure === null ? 'works' : failureNames[failure]}${delayMs > 0 ? `, ${delayMs} ms late` : ''}`;

/** @param onChange told after gates have followed */
export function createBreaking({ read, put, gates, clock }: ClientParts, onChange: () => void): Breaking {
  const faults = createFaults({}, {}, () => {});
  const own = new Map<string, unknown>();

  // Whatever somebody else put into v2's place stays there.
  const replace = (feature: string, standIn: unknown): void => {
    const standIns = new Map(read().standIns);
    if (standIns.get(feature) === own.get(feature)) standIns.delete(feature);
    own.delete(feature);
    if (standIn !== undefined) {
      own.set(feature, standIn);
      standIns.set(feature, standIn);
    }
    put({ standIns });
    gates.notify(feature);
    onChange();
  };
  const apply = (feature: string): void => {
    const fault = faults.of(feature);
    if (fault.failure === null && fault.delayMs === 0)
      return own.has(feature) ? replace(feature, undefined) : undefined;
    const standIn = createStandIn(feature, fault, clock, () => {
      if (own.get(feature) === standIn) replace(feature, undefined);
    });
    replace(feature, standIn);
  };

  return {
    of: faults.of,
    put(feature, { failure, delayMs }) {
      faults.delay(feature, delayMs);
      faults.fail(feature, failure);
      apply(feature);
    },
    again: apply,
    isLate(feature) {
      const { failure, delayMs } = faults.of(feature);
      return own.has(feature) && (failure === 'hang' || delayMs > 0);
    },
    close() {
      for (const feature of own.keys()) replace(feature, undefined);
    },
  };
}
