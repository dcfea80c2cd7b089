import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FeatureReport } from '../../src/cli/rolloutReport.js';
import { findStale } from '../../src/cli/staleFeatures.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

test('tells what is due to go, why, and what to do', async () => {
  const { store } = opened;
  const { url } = await startRunning(store);
  const run = (args: string) => cli.run(args.split(' '), { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken });
  await store.createFeature('full', { enabled: true, percentage: 100, owner: 'web' }, byAda);
  await store.createFeature('fresh', { enabled: true, percentage: 50 }, byAda);
  expect(await run('stale')).toEqual({ code: 0, stdout: 'none of 2 features is stale\n', stderr: '' });

  await store.createFeature('overdue', { enabled: true, percentage: 5, removeBy: '2020-02-03' }, byAda);
  const overdue = await run('stale');
  expect(overdue).toMatchObject({ code: 5, stderr: '' });
  expect(overdue.stdout).toMatch(
    /^feature +owner +why +what to do\noverdue +- +removeBy 2020-02-03, \d{4} days ago +take v1 and the gate out of the code, or switchback features edit overdue --remove-by <date>\n$/,
  );

  await new Promise<void>((resolve) => setTimeout(resolve, 1_100));
  const asJson = await run('stale --json --full-for 1s --unseen-for 1s');
  expect(asJson).toMatchObject({ code: 5, stderr: '' });
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    features: 3,
    stale: [
      { feature: 'fresh', kind: 'unseen' },
      {
        feature: 'full',
        kind: 'at 100 %',
        owner: 'web',
        days: 0,
        cure: expect.stringContaining('features retire full'),
      },
      { feature: 'full', kind: 'unseen' },
      { feature: 'overdue', kind: 'past removeBy' },
      { feature: 'overdue', kind: 'unseen' },
    ],
  });
});

test.each([
  ['stale --full-for soon', '--full-for must be a duration'],
  ['stale --unseen-for 0d', '--unseen-for must be a duration'],
])('exits with 2 for `%s`', async (args, message) => {
  expect(await cli.run(args.split(' '))).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});

test('exits with 1 where nothing answers', async () => {
  const done = await cli.run(['stale'], { SWITCHBACK_URL: 'http://127.0.0.1:9' });
  expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot reach') });
});

const numbers = { users: 0, exposures: 0, errorRate: null, p95CommitMs: null };
const report: FeatureReport = {
  feature: 'panel',
  state: 'on',
  percentage: 100,
  owner: null,
  removeBy: null,
  since: '2027-01-01T00:00:00.000Z',
  by: 'ada',
  reason: null,
  v1: numbers,
  v2: numbers,
  stale: ['at 100 %', 'unseen'],
};
const dayMs = 86_400_000;
const limits = { nowMs: Date.parse('2027-01-20T00:00:00.000Z'), fullMs: 14 * dayMs, unseenMs: 30 * dayMs };

test('what was turned a moment ago had no time to be seen, nor to be long at 100 %', () => {
  expect(findStale([report], limits)).toMatchObject([{ kind: 'at 100 %', days: 19, why: 'at 100 % for 19 days' }]);
  expect(findStale([report], { ...limits, fullMs: 20 * dayMs })).toEqual([]);
  expect(findStale([report], { ...limits, unseenMs: 19 * dayMs })).toMatchObject([
    { kind: 'at 100 %' },
    { kind: 'unseen', why: 'shown to nobody for 19 days' },
  ]);
});

test('what is overdue while it is off loses v2', () => {
  const overdue: FeatureReport = { ...report, state: 'off', removeBy: '2027-01-19', stale: ['past removeBy'] };
  expect(findStale([overdue], limits)).toMatchObject([
    { why: 'removeBy 2027-01-19, 1 day ago', cure: expect.stringContaining('take v2 and the gate') },
  ]);
});
