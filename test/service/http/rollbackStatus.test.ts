import { expect, test } from 'vitest';
import { publish } from '../../../src/service/http/publish.js';
import { isConfirmed, rollbackStatus, type RollbackStatusInput } from '../../../src/service/http/rollbackStatus.js';
import type { FleetProgress } from '../../../src/service/http/replicaReports.js';
import type { StreamProgress } from '../../../src/service/http/streams.js';
import { createMemoryStore } from '../../harness/memoryStore.js';

const current = publish(await createMemoryStore({ memoryPanel: { enabled: false, percentage: 10 } }).readState());
const fleetOf = (streams: StreamProgress): FleetProgress => ({
  streams,
  replicas: { total: 1, applied: 1, unreachable: 0 },
  lost: 0,
  ofrepStreams: 0,
});
const streams100 = { connected: 100, sent: 100, sampled: 100, confirmed: 98 };
const input: RollbackStatusInput = {
  target: { epoch: current.epoch, revision: 1, startedAtMs: 100_000, noticedAtMs: 100_000, features: ['memoryPanel'] },
  current,
  fleet: fleetOf(streams100),
  ackRate: 1,
  v2: { exposures: 0, lastSeenAtMs: null },
  nowMs: 101_400,
  completedAtMs: null,
};

test('is complete when 99 of 100 streams confirmed', () => {
  expect(rollbackStatus(input)).toMatchObject({
    rollbackComplete: false,
    elapsedSeconds: 1.4,
    blockers: ['2 of 100 streams have not confirmed', 'v2 must not be seen for 29 s more'],
  });
  expect(rollbackStatus({ ...input, fleet: fleetOf({ ...streams100, confirmed: 99 }) })).toMatchObject({
    rollbackComplete: true,
    blockers: [],
  });
});

test('is not complete while a stream was not sent it', () => {
  const streams = { connected: 100, sent: 99, sampled: 100, confirmed: 100 };
  expect(rollbackStatus({ ...input, fleet: fleetOf(streams) })).toMatchObject({ rollbackComplete: false });
});

test('is complete after 30 s without v2, counted from the last time it was seen', () => {
  expect(rollbackStatus({ ...input, nowMs: 130_000 })).toMatchObject({ rollbackComplete: true });
  const v2 = { exposures: 3, lastSeenAtMs: 110_000 };
  expect(rollbackStatus({ ...input, v2, nowMs: 139_999 })).toMatchObject({
    rollbackComplete: false,
    v2: { exposuresAfter: 3, lastSeenAt: '1970-01-01T00:01:50.000Z' },
  });
  expect(rollbackStatus({ ...input, v2, nowMs: 140_000 })).toMatchObject({ rollbackComplete: true });
  expect(rollbackStatus({ ...input, v2: null, nowMs: 999_999 })).toMatchObject({
    rollbackComplete: false,
    v2: { exposuresAfter: null },
  });
});

test('counts the quiet by its own clock, from when it noticed the rollback, however wrong that is', () => {
  const target = { ...input.target!, startedAtMs: 1_000, noticedAtMs: 3_600_000 };
  expect(rollbackStatus({ ...input, target, nowMs: 3_629_999 })).toMatchObject({ rollbackComplete: false });
  expect(rollbackStatus({ ...input, target, nowMs: 3_630_000 })).toMatchObject({ rollbackComplete: true });
});

test('allows for the luck of the draw when only some confirm', () => {
  const streams = { connected: 5_000, sent: 5_000, sampled: 5_000, confirmed: 440 };
  expect(isConfirmed(streams, 0.1)).toBe(true);
  expect(isConfirmed({ ...streams, confirmed: 400 }, 0.1)).toBe(false);
  expect(isConfirmed({ ...streams, sampled: 0, confirmed: 0 }, 1)).toBe(true);
});

test('keeps the elapsed time once it was complete', () => {
  expect(rollbackStatus({ ...input, nowMs: 500_000, completedAtMs: 100_400 })).toMatchObject({ elapsedSeconds: 0.4 });
});
