import { expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/client.js';
import type { Source, SourceListener, SourceRequest } from '../../src/client/source/source.js';
import { defineFeatures } from '../../src/features.js';
import { FakeStorage } from './fakeStorage.js';

const features = defineFeatures({ memoryPanel: {} });

/** A source of assignments that a test answers by hand. */
function createCase() {
  const starts: { listener: SourceListener; request: SourceRequest }[] = [];
  const source: Source = {
    name: 'ofrep',
    storageKey: 'ofrep:test',
    dependsOnContext: true,
    start(listener, request) {
      starts.push({ listener, request });
      return () => {};
    },
  };
  const answer = (version: 'v1' | 'v2', revision: number) =>
    starts.at(-1)!.listener.snapshot({
      schema: 1,
      kind: 'assignments',
      epoch: 7,
      revision,
      features: { memoryPanel: { version, reason: 'SPLIT' } },
    });
  const client = createSwitchback({
    features,
    source,
    context: { targetingKey: 'ada' },
    storage: new FakeStorage(),
  });
  return { client, answer, starts };
}

test('another user never sees what the one before was given', () => {
  const { client, answer, starts } = createCase();
  client.start();
  answer('v2', 1);
  expect(client.isEnabled('memoryPanel')).toBe(true);
  client.setContext({ targetingKey: 'bob' });
  expect(client.getDecision('memoryPanel')).toMatchObject({ version: 'v1', reason: 'DEFAULT' });
  expect(starts).toHaveLength(2);
  expect(starts[1]!.request.order()).toBeNull();
  // The answer to the first user comes late.
  starts[0]!.listener.snapshot({ schema: 1, kind: 'assignments', epoch: 9, revision: 9, features: {} });
  expect(client.getStatus().epoch).toBeNull();
  answer('v1', 2);
  expect(client.getDecision('memoryPanel')).toMatchObject({ version: 'v1', reason: 'SPLIT' });
  client.close();
});

test('a user who comes back starts from what was stored for them', () => {
  const { client, answer } = createCase();
  client.start();
  answer('v2', 1);
  client.setContext({ targetingKey: 'bob' });
  answer('v1', 2);
  client.setContext({ targetingKey: 'ada' });
  expect(client.isEnabled('memoryPanel')).toBe(true);
  client.close();
});

test('the same user keeps what is known while an attribute changes', () => {
  const { client, answer, starts } = createCase();
  client.start();
  answer('v2', 1);
  client.setContext({ targetingKey: 'ada', plan: 'pro' });
  expect(client.isEnabled('memoryPanel')).toBe(true);
  expect(starts[1]!.request.context).toEqual({ targetingKey: 'ada', plan: 'pro' });
  client.close();
});
