// What migrating costs, in Node.
//   node bench/migrate.mjs [--records 1000000 --rounds 15 --skip data --json]
// Exits with 1 when a fact does not hold (a synchronous call makes no promise); a goal of time that is missed is printed as such.
import { createHook } from 'node:async_hooks';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    skip: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const records = Number(values.records);
const skipped = new Set(values.skip.split(','));
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const quantile = (numbers, share) =>
  numbers.toSorted((a, b) => a - b)[Math.min(Math.floor(numbers.length * share), numbers.length - 1)];
const median = (numbers) => quantile(numbers, 0.5);

// Inside the project, so that its packages are found.
await mkdir(here('../.cache'), { recursive: true });
const outDir = await mkdtemp(here('../.cache/bench-migrate-'));
process.on('exit', () => void rm(outDir, { recursive: true, force: true }));
const bundle = async (entry) => {
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: here(entry),
      outDir,
      emptyOutDir: false,
      target: 'node20',
      minify: false,
      rolldownOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  });
  const name = entry.slice(entry.lastIndexOf('/') + 1).replace(/\.ts$/, '.mjs');
  return import(pathToFileURL(join(outDir, name)).href);
};
const { clientOf, createShadow, migrateData, safely } = await bundle('./migrate/program.ts');
const rows = [];
let hasFailed = false;

const calls = 1_000_000;
function nsPerCall(run) {
  let sum = 0;
  const startedMs = performance.now();
  for (let at = 0; at < calls; at++) sum += run(at);
  const tookMs = performance.now() - startedMs;
  // The sum is used, so that the loop cannot be left out.
  return sum < 0 ? Number.NaN : (tookMs * 1e6) / calls;
}

async function promisesOf(run) {
  let made = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'PROMISE') made++;
    },
  }).enable();
  for (let at = 0; at < 10_000; at++) run(at);
  hook.disable();
  return made;
}

async function ofSafely() {
  const v1 = (at) => at & 1;
  const run = safely('titles', { client: clientOf(0), v1, v2: v1 });
  const ns = { plain: [], safely: [] };
  for (let round = 0; round < rounds + 3; round++)
    for (const name of round % 2 === 0 ? ['plain', 'safely'] : ['safely', 'plain']) {
      const took = nsPerCall(name === 'plain' ? v1 : run);
      // The first rounds are the compiler's.
      if (round >= 3) ns[name].push(took);
    }
  const addedNs = median(ns.safely) - median(ns.plain);
  rows.push({
    what: 'safely on v1: added to a call',
    measured: `${addedNs.toFixed(0)} ns`,
    goal: '≤ 200 ns',
    met: addedNs <= 200,
  });
  const made = await promisesOf(run);
  if (made > 0) hasFailed = true;
  rows.push({ what: 'safely on v1: promises of 10,000 calls', measured: String(made), goal: '0', met: made === 0 });
  const onV2 = safely('titles', { client: clientOf(100), v1, v2: v1 });
  const v2Ns = [];
  for (let round = 0; round < 6; round++) v2Ns.push(nsPerCall(onV2));
  rows.push({
    what: 'safely on v2: added to a call',
    measured: `${(median(v2Ns.slice(2)) - median(ns.plain)).toFixed(0)} ns`,
    goal: null,
    met: null,
  });
}

/** What the caller waits, call by call, in µs; a turn between calls, as requests have. */
async function waits(run, count) {
  const us = [];
  for (let at = 0; at < count; at++) {
    const startedMs = performance.now();
    await run(at);
    us.push((performance.now() - startedMs) * 1e3);
    if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return us.slice(count / 10);
}

async function ofShadow() {
  const v1 = async (at) => at;
  const slow = (at) => new Promise((resolve) => setTimeout(resolve, 1, at));
  const client = clientOf(100);
  const shadow = createShadow('titles', { client, v1, v2: slow, maxConcurrent: 1_000 });
  const plain = [];
  const shadowed = [];
  for (let round = 0; round < 5; round++) {
    plain.push(...(await waits(v1, 2_000)));
    shadowed.push(...(await waits(shadow.call, 2_000)));
    await shadow.idle();
  }
  const { compared, mismatched } = shadow.getMetrics();
  const show = (share) => `${quantile(plain, share).toFixed(1)} → ${quantile(shadowed, share).toFixed(1)} µs`;
  rows.push({
    what: `a shadowed call: the caller's wait, median (${compared} compared, ${mismatched} mismatched)`,
    measured: show(0.5),
    goal: null,
    met: null,
  });
  rows.push({ what: "a shadowed call: the caller's wait, p99", measured: show(0.99), goal: null, met: null });
}

async function ofData() {
  const { startEmbeddedPostgres } = await bundle('../src/service/embedded/startEmbeddedPostgres.ts');
  const { default: pg } = await import('pg');
  const dataDir = await mkdtemp(join(tmpdir(), 'switchback-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
  const pool = new pg.Pool({ connectionString: postgres.connectionString, max: 2 });
  const sql = async (text, given = []) => (await pool.query(text, given)).rows;
  try {
    await sql('CREATE TABLE v1 (key text COLLATE "C" PRIMARY KEY, name text NOT NULL, score int NOT NULL)');
    await sql(
      "INSERT INTO v1 SELECT 'user-' || lpad(n::text, 8, '0'), 'name ' || n, n % 100 FROM generate_series(1, $1::int) n",
      [records],
    );
    const clear = async () => {
      await sql('DROP TABLE IF EXISTS v2');
      await sql('CREATE TABLE v2 (key text COLLATE "C" PRIMARY KEY, value jsonb NOT NULL)');
    };
    const read = async ({ after = '', limit }) =>
      (await sql('SELECT key, name, score FROM v1 WHERE key > $1 ORDER BY key LIMIT $2', [after, limit])).map(
        ({ key, ...value }) => ({ key, value }),
      );
    const write = (batch) =>
      sql(
        'INSERT INTO v2 SELECT key, value FROM json_to_recordset($1::json) AS r(key text, value jsonb) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        [JSON.stringify(batch)],
      );
    const transform = ({ value: { name, score } }) => ({ title: name, score });
    const batchSize = 5_000;
    const measured = async (what, run) => {
      await clear();
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      let peak = before;
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20);
      const startedMs = performance.now();
      await run();
      const seconds = (performance.now() - startedMs) / 1_000;
      clearInterval(timer);
      const [{ n }] = await sql('SELECT count(*)::int AS n FROM v2');
      if (n !== records) hasFailed = true;
      rows.push({
        what: `${what}, ${records} records`,
        measured: `${Math.round(records / seconds)} records/s, +${Math.round((peak - before) / 1e6)} MB`,
        goal: null,
        met: null,
      });
    };
    await measured('INSERT … SELECT in the database', () =>
      sql("INSERT INTO v2 SELECT key, jsonb_build_object('title', name, 'score', score) FROM v1"),
    );
    await measured('a plain loop of reading and writing', async () => {
      for (let after; ;) {
        const batch = await read({ after, limit: batchSize });
        if (batch.length === 0) return;
        await write(batch.map((record) => ({ key: record.key, value: transform(record) })));
        after = batch.at(-1).key;
      }
    });
    let text = null;
    let copiedMs = 0;
    await measured('migrateData, copied and verified', async () => {
      const migration = migrateData({
        name: 'users',
        read,
        transform,
        write,
        verify: (keys) => sql('SELECT key, value FROM v2 WHERE key = ANY($1)', [keys]),
        count: async () => (await sql('SELECT count(*)::int AS n FROM v2'))[0].n,
        remove: () => sql('TRUNCATE v2'),
        checkpoint: { load: () => text, save: (next) => void (text = next) },
        batchSize,
      });
      const startedMs = performance.now();
      migration.subscribe(() => {
        if (copiedMs === 0 && migration.getProgress().phase === 'verifying') copiedMs = performance.now() - startedMs;
      });
      const { phase } = await migration.run();
      if (phase !== 'verified') hasFailed = true;
    });
    rows.push({
      what: 'migrateData, the copy alone',
      measured: `${Math.round((records / copiedMs) * 1_000)} records/s`,
      goal: null,
      met: null,
    });
  } finally {
    await pool.end();
    await postgres.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

for (const [name, run] of Object.entries({ safely: ofSafely, shadow: ofShadow, data: ofData }))
  if (!skipped.has(name)) await run();
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows);
process.exitCode = hasFailed ? 1 : 0;
await rm(outDir, { recursive: true, force: true });
