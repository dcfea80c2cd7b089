import { expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import { httpSink } from '../../src/client/reporter/httpSink.js';
import { httpSource } from '../../src/client/source/httpSource.js';
import { defineFeatures } from '../../src/features.js';
import { createFakeClock } from '../harness/fakeClock.js';
import { createFakeEventSource } from '../harness/fakeEventSource.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ panel: {} });
const blocked = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

/** A page that has the entry chunk and nothing else of ours. */
function createBlockedPage() {
  const clock = createFakeClock();
  const faults: string[] = [];
  const onInternalFault = (operation: string) => void faults.push(operation);
  const { FakeEventSource } = createFakeEventSource();
  const service = { published: rulesSnapshot({ panel: {} }) as unknown };
  const fetch = async () => new Response(JSON.stringify(service.published));
  const client = createSwitchback({
    features,
    source: httpSource({ url: '/api', fetch, EventSource: FakeEventSource, clock, loadStream: blocked }),
    sinks: [httpSink({ url: '/api', fetch, clock, onInternalFault, load: blocked })],
    storage: false,
    clock,
    onInternalFault,
  });
  return { client, clock, service, faults };
}

test('a rollback reaches a page whose dynamic chunks are all blocked', async () => {
  const { client, clock, service } = createBlockedPage();
  client.start();
  await clock.advance(0);
  expect(client.isEnabled('panel')).toBe(true);
  service.published = rulesSnapshot({ panel: {} }, { revision: 2, kills: ['panel'] });
  await clock.advance(18_000);
  expect(client.getDecision('panel')).toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });
  expect(client.getStatus().status).toBe('polling');
  client.close();
});

test('the breaker works there, and each missing chunk is told of once', async () => {
  const { client, clock, faults } = createBlockedPage();
  client.start();
  await clock.advance(0);
  for (let incident = 0; incident < 3; incident++) client.reportFailure('panel', new Error(`broke ${incident}`));
  await clock.advance(25_000);
  expect(client.getDecision('panel').reason).toBe('CIRCUIT_OPEN');
  expect([...faults].sort()).toEqual(['report', 'stream']);
  client.close();
  expect(clock.waiting()).toBe(0);
});
