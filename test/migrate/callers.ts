import { createSwitchback, type SwitchbackClient } from '../../src/client/index.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { recordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

/** A client of one feature on v2 for everybody, with everything it says recorded. */
export function createCaller(rule: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) {
  const sink = recordingSink();
  const clock = createFakeClock();
  const faults: { operation: string; error: unknown }[] = [];
  const fallbacks: unknown[] = [];
  let revision = 1;
  const client: SwitchbackClient = createSwitchback({
    features: { titles: {} },
    context: { targetingKey: 'user-1' },
    initial: rulesSnapshot({ titles: rule }),
    storage: false,
    sinks: [sink],
    clock,
    random: () => 0.5,
    onFallback: ({ error }) => fallbacks.push(error),
    onInternalFault: (operation, error) => faults.push({ operation, error }),
    ...rest,
  });
  return {
    client,
    sink,
    clock,
    faults,
    fallbacks,
    /** Publishes another rule. */
    publish: (next: Record<string, unknown>, more: Record<string, unknown> = {}) =>
      client.applySnapshot(rulesSnapshot({ titles: next }, { revision: ++revision, ...more })),
    /** What was counted of both versions, once everything was told. */
    async counts() {
      await clock.advance(1_000);
      return { v1: sink.counts('v1'), v2: sink.counts('v2') };
    },
  };
}

export const off = { percentage: 0 };
