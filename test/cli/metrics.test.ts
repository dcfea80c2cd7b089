import { afterAll, beforeAll, expect, test } from 'vitest';
import { emptyCounts } from '../../src/observe/tally.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { batchOf, bucketOf } from '../service/metrics/sampleBuckets.js';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

const counted = (version: 'v1' | 'v2', settled: number, render: number, startMs: number) =>
  bucketOf({
    version,
    arm: version,
    startMs,
    counts: { ...emptyCounts, exposures: settled + render, settled, failed: { ...emptyCounts.failed, render } },
  });

async function start(sampling = 1) {
  const store = createMemoryStore({ memoryPanel: { enabled: true, percentage: 50, sampling } });
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
  await store.storeBatch(
    batchOf('s', 1, [
      counted('v1', 100, 0, startMs),
      counted('v2', 80, 20, startMs),
      counted('v2', 50, 0, startMs + 60_000),
    ]),
  );
  const { url } = await startRunning(store);
  const env = { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken };
  const run = (words: string, more: Record<string, string> = {}) => cli.run(words.split(' '), { ...env, ...more });
  return { startMs, run };
}

test('shows v1 beside v2, all in all and step by step', async () => {
  const { startMs, run } = await start();
  const { code, stdout, stderr } = await run('metrics memoryPanel --from 10m --step 1m');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`${new Date(startMs).toISOString()}  100       0.0 % (0.0–3.7 %)`);
  expect(stdout).toContain('20.0 % (13.3–28.9 %)');
  expect(stdout).toMatch(/^v2 +150 +1 +13\.3 % +8\.8–19\.7 % +-$/m);
  const asJson = JSON.parse(
    (await run(`metrics --feature memoryPanel --from ${new Date(startMs).toISOString()} --json`)).stdout,
  );
  expect(asJson).toMatchObject({ feature: 'memoryPanel', steps: null, versions: { v1: { counts: { settled: 100 } } } });
});

test('says so where durations are of a share of the users', async () => {
  expect((await (await start(0.1)).run('metrics memoryPanel')).stdout).toContain(
    'durations are of 10.0 % of the users',
  );
  expect((await (await start()).run('metrics memoryPanel')).stdout).not.toContain('durations are of');
});

test.each([
  ['metrics memoryPanel --from soon', 2, '--from'],
  ['metrics memoryPanel --to never', 2, '--to'],
  ['metrics', 2, 'which feature'],
  ['metrics memoryPanel --step 7s', 1, '/step'],
  ['metrics nobody', 1, 'nobody'],
])('%s ends with %i and says why', async (words, code, why) => {
  const { run } = await start();
  const found = await run(words);
  expect(found.code).toBe(code);
  expect(found.stderr).toContain(why);
});

test('shows how each version is where somebody looks at a feature', async () => {
  const { run } = await start();
  const shown = await run('features show memoryPanel');
  expect(shown.stdout).toMatch(/^health v1 {2}healthy$/m);
  expect(shown.stdout).toMatch(/^health v2 {2}critical: 13\.3 % \(at least 8\.8 %\) of 150 attempts failed/m);
  expect(JSON.parse((await run('features show memoryPanel --json')).stdout)).toMatchObject({
    health: { status: 'critical' },
  });
  expect((await run('features status')).stdout).toMatch(/memoryPanel +v2 +on +50 % +critical/);
  // Without a token everything else is shown.
  const open = await run('features status', { SWITCHBACK_ADMIN_TOKEN: '' });
  expect([open.code, open.stdout]).toEqual([0, expect.not.stringContaining('health')]);
});
