import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyHistogram } from '../../src/observe/histogram.js';
import { emptyCounts } from '../../src/observe/tally.js';
import type { AcceptedBucket } from '../../src/service/store.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

const bucket = (version: 'v1' | 'v2', subject: string, failed: number): AcceptedBucket => ({
  feature: 'memoryPanel',
  version,
  arm: version,
  reason: 'SPLIT',
  epoch: 1,
  revision: 1,
  stage: null,
  startMs: Date.now() - 60_000,
  durationMs: 10_000,
  counts: { ...emptyCounts, attempts: 4, exposures: 4, settled: 4, failed: { ...emptyCounts.failed, render: failed } },
  units: { exposed: 1, error: failed > 0 ? 1 : 0, slow: 0, silent: 0 },
  histograms: { commitMs: emptyHistogram },
  sums: {},
  measures: {},
  subject,
  unverified: false,
});

test('tells where every feature is, v1 beside v2, and what is stale', async () => {
  const { store } = opened;
  const byGrace = { ...byAda, actor: 'grace | ops' };
  await store.createFeature('memoryPanel', { enabled: true, percentage: 10, owner: 'web' }, byAda);
  await store.changeFeature('memoryPanel', { percentage: 25.5 }, null, byGrace);
  await store.changeFeature('memoryPanel', { owner: 'api' }, null, byAda);
  await store.createFeature('sessionsList', { enabled: true, percentage: 100, removeBy: '2020-01-01' }, byAda);
  await store.createFeature('third', { enabled: true, percentage: 5 }, byAda);
  await store.rollback('third', byAda);
  const buckets = [bucket('v1', 'a', 0), bucket('v2', 'b', 1), bucket('v2', 'c', 0)];
  await store.storeBatch({
    senderId: 'f'.repeat(32),
    seq: 1,
    dropped: { queueFull: 0, expired: 0, storage: 0 },
    buckets,
  });
  const { url } = await startRunning(store);
  const env = { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken };

  const asJson = await cli.run(['report', 'rollout', '--json', '--period', '24h'], env);
  expect(asJson).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    emergencySince: null,
    features: [
      {
        feature: 'memoryPanel',
        state: 'on',
        percentage: 25.5,
        by: 'grace | ops',
        v1: { users: 1, exposures: 4, errorRate: 0 },
        v2: { users: 2, exposures: 8 },
        stale: [],
      },
      { feature: 'sessionsList', state: 'on', stale: ['at 100 %', 'past removeBy', 'unseen'] },
      { feature: 'third', state: 'rolled back', by: 'ada', stale: ['unseen'] },
    ],
  });
  expect(JSON.parse(asJson.stdout).features[0].v2.errorRate).toBeGreaterThan(0);

  await store.emergencyRollback(byAda);
  const { stdout } = await cli.run(['report', 'rollout'], env);
  const lines = stdout.split('\n');
  expect(lines[0]).toMatch(/^# Rollout at 2/);
  expect(lines.find((line) => line.startsWith('| memoryPanel'))).toMatch(
    /^\| memoryPanel \| \S+( \S+)? .*\| 2\S+Z \| grace \\\| ops \| 1 \| 0\.00 % \|.*\| 2 \| \d+\.\d\d % \|/,
  );
  expect(stdout).toContain('**Emergency: every feature is v1 since');
  expect(stdout).toContain('- sessionsList was to be removed by 2020-01-01\n');
  expect(stdout).toContain('- third was shown to nobody in this time');
});
