import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { emptyCounts } from '../../../src/observe/tally.js';
import { dialectOf, writeExposition, writeLabels, writeSample } from '../../../src/service/export/exposition.js';
import { totalsFamilies, writeFeature } from '../../../src/service/export/totalsFamilies.js';
import type { Series } from '../../../src/service/export/series.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { createFakeServiceClock } from '../http/fakeServiceClock.js';
import { startRunning } from '../http/running.js';
import { byAda, openStore } from '../store/openStore.js';
import { addUp, batchOf, bucketOf, histogramOf } from './buckets.js';
import { parseExposition, type ParsedFamily } from './parseExposition.js';

const familiesOf = (...totals: readonly Series[]) => {
  const features = [...new Set(totals.map(({ feature }) => feature))];
  return totalsFamilies(
    features.map((feature) =>
      writeFeature(
        feature,
        totals.filter((one) => one.feature === feature),
      ),
    ),
  );
};

const valueIn = (
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined =>
  [...families.values()]
    .flatMap(({ samples }) => samples)
    .find(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value),
    )?.value;

describe('the route', () => {
  const opened = openStore();

  const scrape = async (get: (path: string, init?: RequestInit) => Promise<Response>, accept?: string) => {
    const response = await get('/metrics', accept === undefined ? {} : { headers: { accept } });
    expect(response.status).toBe(200);
    const type = response.headers.get('content-type') ?? '';
    return {
      type,
      families: parseExposition(await response.text(), type.startsWith('text/plain') ? 'text' : 'openmetrics'),
    };
  };

  test('tells counts and histograms by feature, version and phase, cumulative over restarts and roll-ups', async () => {
    const { store, serviceUrl, sql } = opened;
    await store.createFeature('memoryPanel', { enabled: true, percentage: 12.5 }, byAda);
    const counts = {
      ...emptyCounts,
      attempts: 4,
      exposures: 4,
      settled: 3,
      failed: { ...emptyCounts.failed, effect: 1 },
    };
    await store.storeBatch(
      batchOf(1, 1, [bucketOf({ counts, histograms: { commitMs: histogramOf(0, 1.5, 4, 4.1, 70_000) } })]),
    );
    await addUp(serviceUrl);
    const first = await startRunning(store);
    const { type, families } = await scrape(first.get);
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    const v2 = { feature: 'memoryPanel', version: 'v2', assigned: 'true' };
    expect(valueIn(families, 'switchback_exposures_total', v2)).toBe(4);
    expect(valueIn(families, 'switchback_failures_total', { ...v2, phase: 'effect' })).toBe(1);
    expect(valueIn(families, 'switchback_failures_total', { ...v2, phase: 'load' })).toBe(0);
    const bucket = (le: string) =>
      valueIn(families, 'switchback_timing_seconds_bucket', { ...v2, timing: 'commitMs', le });
    expect(['0.002', '0.004', '0.008', '16.384', '+Inf'].map(bucket)).toEqual([2, 3, 4, 4, 5]);
    expect(valueIn(families, 'switchback_timing_seconds_sum', v2)).toBeCloseTo(70.0096, 6);
    expect(valueIn(families, 'switchback_database_up')).toBe(1);
    expect(valueIn(families, 'switchback_feature_percentage', { feature: 'memoryPanel' })).toBe(12.5);
    expect(valueIn(families, 'switchback_feature_killed', { feature: 'memoryPanel' })).toBe(0);
    expect(valueIn(families, 'switchback_feature_sampling', { feature: 'memoryPanel' })).toBe(1);
    expect(valueIn(families, 'switchback_replicas', { state: 'total' })).toBe(1);
    const revision = valueIn(families, 'switchback_revision');
    expect(revision).toBeGreaterThan(0);
    expect(valueIn(families, 'switchback_counting_since_timestamp_seconds')).toBeGreaterThan(1.7e9);

    await expect
      .poll(async () => valueIn((await scrape(first.get)).families, 'switchback_delivery_ratio'), { timeout: 15_000 })
      .toBe(1);

    await sql('DELETE FROM metric_buckets');
    const again = await createPostgresStore({ connectionString: serviceUrl });
    await again.storeBatch(batchOf(1, 2, [bucketOf({ counts })]));
    await addUp(serviceUrl);
    const second = await startRunning(again);
    const after = await scrape(second.get, 'application/openmetrics-text;version=1.0.0;q=0.9,text/plain;q=0.5');
    expect(after.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(valueIn(after.families, 'switchback_exposures_total', v2)).toBe(8);
    expect(valueIn(after.families, 'switchback_timing_seconds_count', v2)).toBe(6);
    await second.close();
    await again.close();
  });

  test('a retired feature is not on the page, and counts on when it comes back', async () => {
    const { store, serviceUrl } = opened;
    await store.createFeature('memoryPanel', {}, byAda);
    await store.storeBatch(batchOf(1, 1, [bucketOf()]));
    await addUp(serviceUrl);
    await store.retireFeature('memoryPanel', byAda);
    const running = await startRunning(store);
    expect(valueIn((await scrape(running.get)).families, 'switchback_attempts_total')).toBeUndefined();
    await store.restoreFeature('memoryPanel', byAda);
    await expect
      .poll(async () => valueIn((await scrape(running.get)).families, 'switchback_attempts_total'), { timeout: 15_000 })
      .toBe(1);
  });
});

test('a hundred scrapes ask the database once, and a database that is away leaves the numbers as they were', async () => {
  const clock = createFakeServiceClock();
  const series: Series = {
    feature: 'memoryPanel',
    version: 'v1',
    assigned: true,
    series: 'counts',
    value: { kind: 'counts', counts: { ...emptyCounts, attempts: 7 } },
  };
  const read = vi.fn(() => Promise.resolve({ sinceMs: 1_000, round: 3, changed: [series] }));
  const store = { ...createMemoryStore({ memoryPanel: {} }), totals: { read } as never };
  const running = await startRunning(store, { clock });
  const page = async () => parseExposition(await (await running.get('/metrics')).text(), 'text');
  await Promise.all(Array.from({ length: 100 }, page));
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRejectedValue(new Error('away'));
  clock.nowMs += 60_000;
  expect(valueIn(await page(), 'switchback_attempts_total')).toBe(7);
  expect(read).toHaveBeenCalledTimes(2);
  expect(read).toHaveBeenLastCalledWith(3);
});

test('a store that keeps no totals tells of the service alone', async () => {
  const running = await startRunning(createMemoryStore({ memoryPanel: {} }));
  const families = parseExposition(await (await running.get('/metrics')).text(), 'text');
  expect(valueIn(families, 'switchback_streams')).toBe(0);
  expect([...families.keys()].some((name) => name.includes('attempts'))).toBe(false);
});

test('a feature has at most 200 series on the page, what matters most first, and says how many are left out', () => {
  const counts: Series['value'] = { kind: 'counts', counts: emptyCounts };
  const timing: Series['value'] = { kind: 'timing', histogram: histogramOf(4) };
  const key = { feature: 'a', version: 'v2', assigned: true } as const;
  const measures = Array.from({ length: 300 }, (_, at): Series => ({
    ...key,
    series: `measure.m${at}`,
    value: { kind: 'measure', measure: { kind: 'counter', unit: '1', n: 1, sum: 1 } },
  }));
  const families = familiesOf(
    ...measures,
    { ...key, series: 'timing.commitMs', value: timing },
    { ...key, series: 'counts', value: counts },
    { ...key, feature: 'b', series: 'counts', value: counts },
  );
  const parsed = parseExposition(writeExposition(families, 'openmetrics'), 'openmetrics');
  const ofA = [...parsed.values()]
    .flatMap(({ samples }) => samples)
    .filter(({ labels }) => labels.get('feature') === 'a');
  expect(ofA.length).toBe(200);
  expect(valueIn(parsed, 'switchback_timing_seconds_count', { feature: 'a' })).toBe(1);
  expect(valueIn(parsed, 'switchback_series_omitted', { feature: 'a' })).toBe(300 - (199 - 12 - 14));
  expect(valueIn(parsed, 'switchback_series_omitted', { feature: 'b' })).toBeUndefined();
});

test('a thousand features with all they can have are 200,000 series at most', () => {
  const features = Array.from({ length: 1_000 }, (_, at) => {
    const feature = `feature${at}`;
    const totals = (['v1', 'v2'] as const).flatMap((version) =>
      [true, false].flatMap((assigned): Series[] => {
        const key = { feature, version, assigned };
        const histogram = histogramOf(3, 30, 300);
        return [
          { ...key, series: 'counts', value: { kind: 'counts', counts: emptyCounts } },
          ...['chunkLoadMs', 'commitMs', 'fetchMs'].map((name): Series => ({
            ...key,
            series: `timing.${name}`,
            value: { kind: 'timing', histogram },
          })),
        ];
      }),
    );
    return writeFeature(feature, totals);
  });
  const page = writeExposition(totalsFamilies(features), 'text');
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  expect(lines).toBeLessThanOrEqual(200_000);
  expect(lines).toBeGreaterThan(150_000);
});

test('buckets count exactly what is at most their bound, at every scale', () => {
  const power = fc.integer({ min: 1, max: 14 });
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.0001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
      power,
      (values, at) => {
        const histogram = histogramOf(...values, 2 ** at);
        const series: Series = {
          feature: 'a',
          version: 'v1',
          assigned: true,
          series: 'timing.commitMs',
          value: { kind: 'timing', histogram },
        };
        const families = parseExposition(writeExposition(familiesOf(series), 'text'), 'text');
        for (const { name, labels, value } of families.get('switchback_timing_seconds')?.samples ?? []) {
          const le = labels.get('le');
          if (!name.endsWith('_bucket') || le === undefined || le === '+Inf') continue;
          const bound = Math.round(Number(le) * 1_000);
          expect(value).toBe([...values, 2 ** at].filter((one) => one <= bound).length);
        }
      },
    ),
    { examples: [[[1, 2, 4, 8], 3]] },
  );
});

test('labels and help are escaped so that they read back as they were', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('text' as const, 'openmetrics' as const),
      (text, dialect) => {
        const value = text.replaceAll('\r', '');
        const page = writeExposition(
          [{ name: 'a', type: 'gauge', help: `b ${value}`, samples: [writeSample('a', writeLabels({ c: value }), 1)] }],
          dialect,
        );
        expect(parseExposition(page, dialect).get('a')?.samples[0]?.labels.get('c')).toBe(value);
      },
    ),
    {
      examples: [
        ['\\n"\n\\', 'text'],
        ['a"b\\', 'openmetrics'],
      ],
    },
  );
});

test.each([
  [null, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
  ['application/openmetrics-text;version=2.0.0,text/plain;q=0.1', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=0.2,text/plain;q=0.8', 'text'],
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    'openmetrics',
  ],
  ['application/openmetrics-text;q=often', 'text'],
])('Accept %s gets %s', (accept, dialect) => {
  expect(dialectOf(accept)).toBe(dialect);
});
