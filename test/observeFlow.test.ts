// What versions do, from the screen to every place where it can be read: a real Chromium, a real service on a real PostgreSQL,
// the command line as it is packed. Read it top to bottom: each test goes on where the last one ended.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium, servePage, type ServedPage } from '../bench/page.mjs';
import { startService, type RunningService } from '../src/service/startService.js';
import { buildCli, type BuiltCli } from './harness/buildCli.js';
import type { Seen } from './observeFlow/page.js';
import { parseExposition } from './service/export/parseExposition.js';

const hourMs = 3_600_000;
const hoursAgo = (hours: number) => new Date(Date.now() - hours * hourMs).toISOString();
const within = { timeout: 30_000, interval: 200 };

let cli: BuiltCli;
let dataDir: string;
let service: RunningService;
let served: ServedPage;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchback-observe-'));
  service = await startService({ port: 0, dataDir });
  cli = await buildCli();
  served = await servePage(fileURLToPath(new URL('observeFlow/page.tsx', import.meta.url)));
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(served.url);
  await page.waitForFunction(() => 'visit' in window);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
  await cli?.close();
  await service?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' };
  const answer = await fetch(service.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}
const run = (words: string) =>
  cli.run(words.split(' '), { SWITCHBACK_URL: service.url, SWITCHBACK_ADMIN_TOKEN: service.adminToken });

/** Users come, see their version for a moment, and leave. v2 throws for every third who has it. */
async function visits(name: string, count: number, agoMs = 0): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (let at = 0; at < count; at += 10) {
    const users = Array.from({ length: Math.min(10, count - at) }, (_, more) => at + more);
    const visit = (user: number) =>
      page.evaluate((one) => window.visit(one), {
        url: service.url,
        user: `${name}-${user}`,
        agoMs,
        isBroken: user % 3 === 0,
      });
    seen.push(...(await Promise.all(users.map(visit))));
  }
  return seen;
}

interface Numbers {
  readonly counts: { attempts: number; exposures: number; settled: number; failed: { render: number } };
  readonly errorRate: { readonly value: number; readonly failed: number; readonly of: number } | number | null;
  readonly sums: Record<string, { n: number; sum: number }>;
  readonly measures: Record<string, { sum?: number }>;
}
interface Metrics {
  readonly versions: Readonly<Record<'v1' | 'v2', Numbers>>;
  readonly steps: readonly { readonly versions: Readonly<Record<'v1' | 'v2', Numbers | null>> }[] | null;
}
const metrics = async (query = '') =>
  (await call('GET', `/api/features/memoryPanel/metrics${query}`)) as unknown as Metrics;

let v1 = 0;
let v2 = 0;
let broken = 0;

test('before the rollout: v1 alone is recorded as a baseline', async () => {
  await call('POST', '/api/features', { feature: 'memoryPanel', owner: 'web' });
  const seen = await visits('before', 40, 3 * hourMs);
  expect(new Set(seen.map(({ shown }) => shown))).toEqual(new Set(['v1']));

  const start = `baseline start memoryPanel --from ${hoursAgo(4)} --to ${hoursAgo(2)} --reason rollout --wait`;
  await expect
    .poll(async () => (await metrics(`?from=${hoursAgo(4)}&to=${hoursAgo(2)}`)) as object, within)
    .toMatchObject({
      outside: { v1: { counts: { settled: 40 } } },
    });
  const recorded = await run(start);
  expect(recorded.stderr).toBe('');
  expect(recorded.stdout).toContain('is completed: 40 episodes of v1');
}, 120_000);

test('users of v1 and of v2 come, and what each saw is counted for its version', async () => {
  await call('POST', '/api/features/enable', { feature: 'memoryPanel', percentage: 50, reason: 'a first half' });
  const seen = await visits('now', 120);
  v1 = seen.filter(({ shown, fellBack }) => shown === 'v1' && !fellBack).length;
  v2 = seen.filter(({ shown }) => shown === 'v2').length;
  broken = seen.filter(({ fellBack }) => fellBack).length;
  expect([v1, v2, broken].every((count) => count > 5)).toBe(true);
  expect(v1 + v2 + broken).toBe(120);

  await expect
    .poll(async () => (await metrics()).versions, within)
    .toMatchObject({
      v1: { counts: { exposures: v1, settled: v1 }, errorRate: 0, measures: { searches: { sum: 2 * v1 } } },
      v2: {
        counts: { settled: v2, failed: { render: broken } },
        errorRate: broken / (v2 + broken),
        measures: { searches: { sum: 2 * v2 }, parseMs: { n: v2 } },
        timings: { fetchMs: { count: v2 } },
      },
    });
}, 120_000);

test('the heap that the browser tells is measured, and reaches who watches it in the page', async () => {
  const { versions } = await metrics();
  for (const { sums } of [versions.v1, versions.v2]) {
    expect(sums['heapMb']!.n).toBeGreaterThan(0);
    expect(sums['heapMb']!.sum / sums['heapMb']!.n).toBeGreaterThan(1);
    expect(sums['fetchErrors']).toMatchObject({ sum: 0 });
  }
  const seen = (await visits('heap', 30)).filter(({ shown }) => shown === 'v2');
  v2 += seen.length;
  // Too much memory is never worse than degraded.
  expect(new Set(seen.map(({ health }) => health))).toEqual(new Set(['degraded: maxMemoryMB']));
});

test('the steps of a time add up to all of it, and health judges the same numbers', async () => {
  await expect.poll(async () => (await metrics()).versions.v2.counts.settled, within).toBe(v2);
  const { versions, steps } = await metrics(
    `?from=${hoursAgo(0.5)}&to=${new Date(Date.now() + 60_000).toISOString()}&step=10s`,
  );
  const settled = steps!.reduce((sum, step) => sum + (step.versions.v2?.counts.settled ?? 0), 0);
  expect(settled).toBe(versions.v2.counts.settled);

  const health = await call('GET', '/api/features/memoryPanel/health');
  expect(health).toMatchObject({ versions: { v1: { status: 'healthy' }, v2: { status: 'critical' } } });
  expect(JSON.stringify(health)).toContain('"worse-than-v1"');
});

test('an operator reads the same on the command line', async () => {
  const { versions } = await metrics();
  const { code, stdout } = await run('metrics memoryPanel');
  expect(code).toBe(0);
  const { counts } = versions.v2;
  expect(stdout).toMatch(new RegExp(`^v2 +${counts.exposures} `, 'm'));
  expect(stdout).toMatch(new RegExp(`^v1 +${versions.v1.counts.exposures} .* 0\\.0 %`, 'm'));
});

test('Prometheus scrapes the same', async () => {
  const { versions } = await metrics();
  const sample = async (name: string, labels: Readonly<Record<string, string>>) => {
    const families = parseExposition(await (await fetch(`${service.url}/metrics`)).text(), 'text');
    const samples = [...families.values()].flatMap((family) => family.samples);
    return samples.find(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels.get(key) === value),
    )?.value;
  };
  const assigned = { feature: 'memoryPanel', assigned: 'true' };
  for (const version of ['v1', 'v2'] as const) {
    const { exposures, settled } = versions[version].counts;
    await expect.poll(() => sample('switchback_exposures_total', { ...assigned, version }), within).toBe(exposures);
    expect(await sample('switchback_settled_total', { ...assigned, version })).toBe(settled);
  }
  expect(await sample('switchback_failures_total', { ...assigned, version: 'v2', phase: 'render' })).toBe(
    versions.v2.counts.failed.render,
  );
});

test('the baseline says that v1 is as it was, and how v2 differs', async () => {
  const { code, stdout } = await run('baseline show memoryPanel --json');
  expect(code).toBe(0);
  const { comparison } = JSON.parse(stdout) as { comparison: { versions: Record<string, unknown> } };
  const { v2: now } = (await metrics()).versions;
  expect(comparison.versions).toMatchObject({
    v1: { differences: { errorRate: { status: 'tooLittle' } } },
    v2: { numbers: { counts: { settled: now.counts.settled, failed: { render: now.counts.failed.render } } } },
  });
  expect(comparison.versions['v2']).toMatchObject({
    differences: { errorRate: { status: 'compared', baseline: 0, low: expect.any(Number) } },
  });
});

test('the page of health says how pages were connected, and that nothing is missing', async () => {
  const health = await call('GET', '/api/health');
  expect(health).toMatchObject({ delivery: { rate: 1, dropped: 0, missing: 0 } });
  expect((health['intake'] as { connections: Record<string, number> }).connections['live']).toBeGreaterThan(0);
});
