import { expect, test } from 'vitest';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import type { Series } from '../../../src/service/export/series.js';
import { openStore } from '../store/openStore.js';
import { addUp, batchOf, bucketOf, histogramOf } from './buckets.js';

const opened = openStore();

const read = async (): Promise<readonly Series[]> => (await opened.store.totals.read(null)).changed;
const valueOf = async (series: string, version = 'v2', assigned = true) =>
  (await read()).find((one) => one.series === series && one.version === version && one.assigned === assigned)?.value;

test('totals add up what batches brought, once, and outlast buckets and restarts', async () => {
  const { store, sql, serviceUrl } = opened;
  const bucket = bucketOf({ histograms: { commitMs: histogramOf(3, 12), fetchMs: histogramOf(70) } });
  await store.storeBatch(batchOf(1, 1, [bucket, bucketOf({ version: 'v1', arm: 'none', reason: 'DEFAULT' })]));
  expect(await store.storeBatch(batchOf(1, 1, [bucket]))).toMatchObject({ status: 'duplicate' });
  await addUp(serviceUrl);
  await addUp(serviceUrl);
  expect(await valueOf('counts')).toMatchObject({ counts: { attempts: 1, exposures: 1 } });
  expect(await valueOf('timing.commitMs')).toMatchObject({ histogram: { n: 2, sum: 15 } });
  expect(await valueOf('counts', 'v1', false)).toMatchObject({ counts: { attempts: 1 } });

  await sql('DELETE FROM metric_buckets');
  const again = await createPostgresStore({ connectionString: serviceUrl });
  await again.storeBatch(batchOf(1, 2, [bucket]));
  await again.close();
  await addUp(serviceUrl);
  expect(await valueOf('counts')).toMatchObject({ counts: { attempts: 2, exposures: 2 } });
  expect(await valueOf('timing.fetchMs')).toMatchObject({ histogram: { n: 2, sum: 140 } });
});

test('roll-ups to longer buckets leave the totals as they are', async () => {
  const { store, sql, serviceUrl } = opened;
  for (let seq = 1; seq <= 5; seq += 1)
    await store.storeBatch(batchOf(1, seq, [bucketOf({ startMs: 1_795_244_450_000 + seq * 10_000 })]));
  await addUp(serviceUrl);
  await addUp(serviceUrl, [{ durationMs: 60_000, afterMs: 0 }]);
  expect(await sql('SELECT DISTINCT duration_ms::integer AS long FROM metric_buckets')).toEqual([{ long: 60_000 }]);
  expect(await valueOf('counts')).toMatchObject({ counts: { attempts: 5 } });
});

test('a reader asks for what is new alone', async () => {
  const { store, serviceUrl } = opened;
  await store.storeBatch(batchOf(1, 1, [bucketOf(), bucketOf({ feature: 'other' })]));
  await addUp(serviceUrl);
  const first = await store.totals.read(null);
  expect(first.changed.length).toBe(4);
  expect((await store.totals.read(first.round)).changed).toEqual([]);
  await store.storeBatch(batchOf(1, 2, [bucketOf({ histograms: {} })]));
  await addUp(serviceUrl);
  expect((await store.totals.read(first.round)).changed).toMatchObject([
    { feature: 'memoryPanel', series: 'counts', value: { counts: { attempts: 2 } } },
  ]);
  expect(first.sinceMs).toBeLessThanOrEqual(Date.now());
});

test('a feature has at most 200 series; what comes after is counted as other', async () => {
  const { sql, serviceUrl, store } = opened;
  await sql(`INSERT INTO metric_totals (feature, version, assigned, series, value, round)
    SELECT 'memoryPanel', 'v2', true, 'measure.m' || n, '{"kind":"sum","n":1,"sum":1}', 0 FROM generate_series(1, 199) AS n`);
  await store.storeBatch(
    batchOf(1, 1, [
      bucketOf({
        histograms: { commitMs: histogramOf(1, 2) },
        measures: {
          rows: { kind: 'counter', unit: '{row}', n: 3, sum: 9 },
          cells: { kind: 'counter', unit: '{cell}', n: 4, sum: 9 },
        },
      }),
    ]),
  );
  await addUp(serviceUrl);
  expect(await valueOf('counts')).toMatchObject({ counts: { attempts: 1 } });
  expect(await valueOf('timing.commitMs')).toMatchObject({ kind: 'timing' });
  expect(await valueOf('other')).toEqual({ kind: 'other', n: 7 });
});
