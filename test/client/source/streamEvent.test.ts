import { expect, test } from 'vitest';
import { readStreamEvent } from '../../../src/client/source/streamEvent.js';

const revision = { epoch: 7, revision: 2, kills: [], emergency: false, spreadMs: 5_000 };
const read = (type: Parameters<typeof readStreamEvent>[0], value: unknown) =>
  readStreamEvent(type, JSON.stringify(value));

test.each([
  [5_000, 5_000],
  [1e9, 30_000],
  [-1, 0],
  ['5000', 0],
])('spreads over %j ms as %d', (spreadMs, expected) => {
  expect(read('revision', { ...revision, spreadMs })).toMatchObject({ spreadMs: expected });
});

test.each([
  [false, false],
  [null, false],
  [undefined, false],
  [true, true],
  [{ since: 'x' }, true],
  ['no', true],
])('takes the emergency %j as %j: when in doubt, v1', (emergency, expected) => {
  expect(read('revision', { ...revision, emergency })).toMatchObject({ emergency: expected });
});

test.each([
  ['hello', { streamId: '', now: 1 }],
  ['hello', { streamId: 'x'.repeat(129), now: 1 }],
  ['hello', { streamId: 's1', now: '1' }],
  ['snapshot', []],
  ['snapshot', null],
  ['revision', { ...revision, kills: 'memoryPanel' }],
  ['revision', { ...revision, epoch: 1.5 }],
  ['heartbeat', { epoch: 7, revision: -1, now: 1 }],
  ['heartbeat', { epoch: 7, revision: 1 }],
] as const)('refuses %s %j', (type, value) => {
  expect(read(type, value)).toBeUndefined();
});

test.each([
  [700, 700],
  [1e9, 5_000],
  [undefined, 5_000],
])('comes back after a bye of %j in %d ms', (retryMs, expected) => {
  expect(read('bye', { retryMs })).toEqual({ type: 'bye', retryMs: expected });
});
