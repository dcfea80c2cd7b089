import { afterAll, beforeAll, expect, test } from 'vitest';
import { baselineDetails, baselineProgress, type ShownBaseline } from '../../src/cli/baselineText.js';
import { emptyCounts } from '../../src/observe/tally.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { addUp, batchOf, bucketOf, histogramOf } from '../service/export/buckets.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

async function start() {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const running = await startRunning(opened.store, { baselineTickMs: 50 });
  const env = { SWITCHBACK_URL: running.url, SWITCHBACK_ADMIN_TOKEN: adminToken };
  return {
    run: (...args: readonly string[]) => cli.run(['baseline', ...args], env),
    go: (...args: readonly string[]) => cli.start(['baseline', ...args], env),
  };
}

const hoursAgo = (hours: number): number => Date.now() - hours * 3_600_000;
const v1 = (startMs: number) =>
  bucketOf({
    version: 'v1',
    arm: 'none',
    reason: 'DISABLED',
    startMs,
    counts: { ...emptyCounts, settled: 95, failed: { ...emptyCounts.failed, render: 5 } },
    histograms: { commitMs: histogramOf(...Array.from({ length: 100 }, (_, at) => 10 + (at % 7))) },
  });

test('records what was, waits for it, and compares it with now', async () => {
  const { run } = await start();
  await opened.store.storeBatch(batchOf(1, 1, [v1(hoursAgo(5)), v1(hoursAgo(0.1))]));
  await addUp(opened.serviceUrl);
  const [from, to] = [new Date(hoursAgo(6)).toISOString(), new Date(hoursAgo(4)).toISOString()];
  const made = await run(
    'start',
    'memoryPanel',
    '--from',
    from,
    '--to',
    to,
    '--reason',
    'before the rewrite',
    '--wait',
  );
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toBe(
    `baseline 1 of memoryPanel records v1 from ${from} until ${to}\nbaseline 1 of memoryPanel is completed: 100 episodes of v1 from ${from} until ${to}\n`,
  );
  expect((await run('list')).stdout).toMatch(
    /^baseline {2}feature {6}status +from +until\n1 +memoryPanel {2}completed {2}2/,
  );
  const shown = await run('show', 'memoryPanel');
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/\nerror rate +5\.00 % \(2\.15 % to 11\.18 %\) of 100\n/);
  expect(shown.stdout).toMatch(/\ncommitMs +13 ms \/ 15 ms \/ 15 ms \(p50\/p95\/p99 of 100, each ±4\.3 %\)\n/);
  expect(shown.stdout).toMatch(/\nv1 {2}error rate +5\.00 %, \+0\.00 % \(-\d\.\d\d % to \+\d\.\d\d %\)\n/);
  expect(shown.stdout).toMatch(/\nv2 {2}error rate +too little data: 0 failed or settled now: 30 are needed\n/);
  expect(shown.stdout).toContain('no verdict');
  expect(JSON.parse((await run('show', '1', '--json')).stdout)).toMatchObject({ id: 1, comparison: { versions: {} } });
  expect(JSON.parse((await run('list', '--feature', 'memoryPanel', '--json')).stdout)).toMatchObject({
    baselines: [{ id: 1 }],
  });
});

test('stops waiting when v2 spoils it', async () => {
  const { go } = await start();
  const waiting = go('start', 'memoryPanel', '--wait', '--json');
  await waiting.line(/"status":"recording"/);
  await opened.store.changeFeature('memoryPanel', { enabled: true, percentage: 5 }, null, byAda);
  const { code, stdout } = await waiting.finished;
  expect(code).toBe(1);
  expect(stdout.trim().split('\n').at(-1)).toContain('"status":"spoiled"');
});

test('is cancelled, and says what is wrong in one line', async () => {
  const { run } = await start();
  await run('start', '--feature=memoryPanel', '--hours', '2');
  expect((await run('list')).stdout).toContain('recording, 0 %');
  expect(await run('cancel', 'memoryPanel', '--reason', 'too early')).toMatchObject({
    code: 0,
    stdout: 'baseline 1 of memoryPanel is cancelled\n',
  });
  const refused = async (code: number, message: RegExp, ...args: string[]) =>
    expect(await run(...args)).toMatchObject({ code, stderr: expect.stringMatching(message), stdout: '' });
  await refused(1, /^switchback: there is no feature "gone"\n$/, 'start', 'gone');
  await refused(2, /^switchback: --hours must be .* found "0"\n$/, 'start', 'memoryPanel', '--hours', '0');
  await refused(2, /^switchback: which feature\?.*\n$/, 'start');
  await refused(1, /^switchback: other has no baseline: .*\n$/, 'show', 'other');
  await refused(1, /^switchback: there is no baseline 99\n$/, 'show', '99');
  await refused(1, /^switchback: \/from: an ISO 8601 time.*\n$/, 'start', 'memoryPanel', '--from', 'yesterday');
});

const recording: ShownBaseline = {
  id: 1,
  feature: 'memoryPanel',
  status: 'recording',
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-01-03T00:00:00.000Z',
  progress: 0.5,
  cause: null,
  numbers: null,
};

test.each([
  [0, 'memoryPanel v1 [....................] 0 min of 2 d'],
  [36, 'memoryPanel v1 [###############.....] 1 d 12 h of 2 d'],
  [49, 'memoryPanel v1 [####################] 2 d of 2 d, waiting for the last batches'],
])('after %i hours: %s', (hours, line) => {
  expect(baselineProgress(recording, Date.parse(recording.from) + hours * 3_600_000)).toBe(line);
});

test('what a name or a cause brings cannot move the cursor', () => {
  expect(baselineDetails({ ...recording, status: 'spoiled', cause: 'by \u001b[2Jada\n' })).toBe(
    'baseline 1 of memoryPanel is spoiled: by  [2Jada ',
  );
});
