import { expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import { createFakeClock } from '../harness/fakeClock.js';
import type { Observation } from '../../src/observe/observe.js';

const snapshotOf = (revision: number, sampling: number) => ({
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features: { panel: { enabled: true, percentage: 100, sampling } },
});

test("a snapshot's sampling holds from the next observation on, also for what began before", async () => {
  const clock = createFakeClock();
  const seen: Observation[] = [];
  const client = createSwitchback({
    features: { panel: {} },
    initial: snapshotOf(1, 1),
    storage: false,
    clock,
    sinks: [{ name: 'seen', observe: (observation) => void seen.push(observation) }],
  });
  client.start();
  const gate = client.internals.createGate('panel', null);
  gate.connect();
  gate.getView();
  gate.committed('v2', 5);
  client.applySnapshot(snapshotOf(2, 0.1));
  await clock.advance(2_000);
  client.reportFailure('panel', new Error('one'));
  client.applySnapshot(snapshotOf(3, 1));
  client.reportFailure('panel', new Error('other'));
  await clock.advance(0);
  client.close();
  const rates = (kind: Observation['kind']) =>
    seen.filter((one) => one.kind === kind).map(({ sampling }) => sampling ?? 1);
  expect([rates('exposure'), rates('settled'), rates('failure')]).toEqual([[1], [0.1], [0.1, 1]]);
});
