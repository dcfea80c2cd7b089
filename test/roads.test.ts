import { describe, expect, test } from 'vitest';
import { measureRoads } from '../bench/roads/measureRoads.mjs';
import { roads } from '../bench/roads/roads.mjs';
import { createSwitchback, type Source, type SourceListener } from '../src/client/index.js';
import { decide } from '../src/decide/decide.js';
import type { Assignment } from '../src/evaluate/evaluate.js';
import { defineFeatures } from '../src/features.js';
import { FakeStorage } from './client/fakeStorage.js';
import { rulesSnapshot } from './harness/snapshot.js';

test('every road brings v1 to pages of another replica', { timeout: 120_000 }, async () => {
  const roadNames = Object.keys(roads);
  const rows = await measureRoads({
    runs: 1,
    users: 2,
    roadNames,
    stateNames: ['live'],
    timeoutMs: 30_000,
    pollMs: 2_000,
  });
  expect(rows.map(({ road }) => road)).toEqual(roadNames);
  // What it takes on an idle machine is in docs/performance.md; this one may be busy.
  for (const { road, maxMs } of rows) expect(maxMs, road).toBeLessThan(10_000);
});

describe('a kill', () => {
  const features = defineFeatures({ panel: {}, list: {} });
  const killed = { revision: 2, kills: ['panel'] };

  function visit(storage: Storage | false = false) {
    let to: SourceListener | undefined;
    const source: Source = {
      name: 'manual',
      storageKey: 'manual',
      dependsOnContext: false,
      start(listener) {
        to = listener;
        return () => {};
      },
    };
    const context = { targetingKey: 'user-1' };
    const client = createSwitchback({ features, context, storage, source, sinks: [], overrides: { allow: 'all' } });
    client.start();
    return { client, to: to! };
  }
  const reasons = ({ client }: ReturnType<typeof visit>) => [
    client.getDecision('panel').reason,
    client.getDecision('list').reason,
  ];

  test('outranks an override, before and after it', () => {
    const page = visit();
    page.to.snapshot(rulesSnapshot({ panel: {}, list: {} }));
    page.client.setOverride('panel', 'v2');
    expect(reasons(page)).toEqual(['OVERRIDE', 'SPLIT']);
    page.to.snapshot(rulesSnapshot({ panel: {}, list: {} }, killed));
    expect(reasons(page)).toEqual(['ROLLED_BACK', 'SPLIT']);
    page.client.setOverride('panel', 'v2');
    expect(page.client.isEnabled('panel')).toBe(false);
    page.client.close();
  });

  test('outranks the breaker, so that the page says why', () => {
    const trip = { feature: 'panel', sinceMs: 0, untilMs: 1 };
    const split: Assignment = { feature: 'panel', version: 'v2', reason: 'SPLIT', kill: false, bucket: 42 };
    const kill: Assignment = { feature: 'panel', version: 'v1', reason: 'ROLLED_BACK', kill: true };
    expect(decide({ feature: 'panel', assignment: split, trip }).reason).toBe('CIRCUIT_OPEN');
    expect(decide({ feature: 'panel', assignment: kill, trip }).reason).toBe('ROLLED_BACK');
  });

  test('outranks a v2 that is stored, also when it comes before the snapshot', () => {
    const storage = new FakeStorage();
    const first = visit(storage);
    first.to.snapshot(rulesSnapshot({ panel: {}, list: {} }));
    first.client.close();
    const second = visit(storage);
    expect(reasons(second)).toEqual(['SPLIT', 'SPLIT']);
    second.to.kills({ epoch: 1, revision: 2 }, ['panel'], false);
    expect(reasons(second)).toEqual(['ROLLED_BACK', 'SPLIT']);
    second.client.close();
    const third = visit(storage);
    expect(reasons(third)).toEqual(['ROLLED_BACK', 'SPLIT']);
    third.client.close();
  });

  test('never waits for more v2: what is larger may still be on its way, or never come', () => {
    const page = visit();
    page.to.snapshot(rulesSnapshot({ panel: {}, list: { percentage: 0 } }));
    page.to.kills({ epoch: 1, revision: 5 }, ['panel'], false);
    expect(page.client.isEnabled('panel')).toBe(false);
    expect(page.client.isEnabled('list')).toBe(false);
    // Older than the kill: more v2 for one, nothing for the other.
    page.to.snapshot(rulesSnapshot({ panel: {}, list: {} }, { revision: 4 }));
    expect(page.client.isEnabled('panel')).toBe(false);
    page.to.snapshot(rulesSnapshot({ panel: {}, list: {} }, { revision: 5, kills: ['panel'] }));
    expect(reasons(page)).toEqual(['ROLLED_BACK', 'SPLIT']);
    page.client.close();
  });

  test('of everything outranks all of that too', () => {
    const page = visit();
    page.to.snapshot(rulesSnapshot({ panel: {}, list: {} }));
    page.client.setOverride('panel', 'v2');
    page.to.kills({ epoch: 1, revision: 2 }, [], true);
    expect([page.client.isEnabled('panel'), page.client.isEnabled('list')]).toEqual([false, false]);
    page.client.close();
  });
});
