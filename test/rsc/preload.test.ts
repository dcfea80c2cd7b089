import { expect, test } from 'vitest';
import { defineFeatures, getDecisions, preload, type Decision } from '../../src/rsc/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ panel: {}, list: {} });
const decisionsOf = (rules: Record<string, Record<string, unknown>>) =>
  getDecisions(features, rulesSnapshot(rules), { targetingKey: 'user-1' });

function component(outcome: () => Promise<void> = async () => {}) {
  const made = {
    calls: 0,
    preload() {
      made.calls++;
      return outcome();
    },
  };
  return made;
}

test('loads the components of features that are v2, and no others', async () => {
  const [one, two, off] = [component(), component(), component()];
  await preload(decisionsOf({ panel: {}, list: { percentage: 0 } }), { panel: [one, two], list: off });
  expect([one.calls, two.calls, off.calls]).toEqual([1, 1, 0]);
});

test('resolves when all are there', async () => {
  const order: string[] = [];
  const slow = component(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    order.push('loaded');
  });
  await preload(decisionsOf({ panel: {} }), { panel: slow });
  order.push('resolved');
  expect(order).toEqual(['loaded', 'resolved']);
});

test.each([
  ['rejects', component(() => Promise.reject(new Error('404'))), 'load-failed'],
  [
    'throws',
    component(() => {
      throw new Error('404');
    }),
    'load-failed',
  ],
  ['never settles', component(() => new Promise(() => {})), 'load-timeout'],
  ['is a reference of a server component, without preload', {} as never, 'load-failed'],
])('goes on without a component that %s, and says so', async (_, broken, code) => {
  const faults: [string, unknown][] = [];
  const good = component();
  await preload(
    decisionsOf({ panel: {}, list: {} }),
    { panel: broken, list: good },
    { timeoutMs: 20, onInternalFault: (...fault) => void faults.push(fault) },
  );
  expect(good.calls).toBe(1);
  expect(faults).toEqual([['preload', expect.objectContaining({ code })]]);
  expect(String(faults[0]?.[1])).toContain('panel: ');
});

test('ignores what nobody decided', async () => {
  const stray = component();
  const decisions: Readonly<Record<string, Decision>> = decisionsOf({ panel: {} });
  await preload(decisions, { toString: stray, other: stray });
  expect(stray.calls).toBe(0);
});
