// What migrating costs, in Node.
//   node bench/migrate.mjs [--records 1000000 --rounds 15 --skip data --json]
// Exits with 1 when a fact does not hold (a synchronous call makes no promise); a goal of time that is missed is printed as such.
import { createHook } from 'node:async_hooks';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
const { clientOf, createShadow, migrateData, postgresStore, safely, sqliteStore } =
  await bundle('./migrate/program.ts');
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
    what: 'safely on v1: added to a synchronous call that does nothing',
    measured: `${addedNs.toFixed(0)} ns`,
    goal: '≤ 200 ns',
    met: addedNs <= 200,
  });
  const made = await promisesOf(run);
  if (made > 0) hasFailed = true;
  rows.push({
    what: 'safely on v1: promises of 10,000 such calls',
    measured: String(made),
    goal: '0',
    met: made === 0,
  });
  const onV2 = safely('titles', { client: clientOf(100), v1, v2: v1 });
  const v2Ns = [];
  for (let round = 0; round < 6; round++) v2Ns.push(nsPerCall(onV2));
  rows.push({
    what: 'safely on v2: added to the same call (each is timed)',
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
    what: `a shadowed call: the caller's wait without and with v2 beside it, median (${compared} compared, ${mismatched} mismatched)`,
    measured: show(0.5),
    goal: null,
    met: null,
  });
  rows.push({ what: 'the same, p99', measured: show(0.99), goal: null, met: null });
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
})();

/** How much more memory the process had at its peak than before, and how much that was, in MB. */
async function peakOf(run) {
  collectGarbage();
  const before = process.memoryUsage().rss;
  let peak = before;
  const look = () => (peak = Math.max(peak, process.memoryUsage().rss));
  const timer = setInterval(look, 20);
  await run();
  look();
  clearInterval(timer);
  return { moreMb: Math.round((peak - before) / 1e6), peakMb: Math.round(peak / 1e6) };
}

/** A million small records in a file of SQLite, as an app would have them. */
function fillSqlite(database) {
  const v1 = sqliteStore(database, 'users');
  const statement = database.prepare('INSERT INTO users (key, value) VALUES (?, ?)');
  database.run('BEGIN');
  for (let at = 0; at < records; at++)
    statement.run([`user-${String(at).padStart(8, '0')}`, JSON.stringify({ name: `name ${at}`, score: at % 100 })]);
  database.run('COMMIT');
  statement.finalize();
  return v1;
}

async function ofData() {
  const { startEmbeddedPostgres } = await bundle('../src/service/embedded/startEmbeddedPostgres.ts');
  const [{ default: pg }, { default: sqlite }] = await Promise.all([import('pg'), import('node-sqlite3-wasm')]);
  const folder = await mkdtemp(join(tmpdir(), 'switchback-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  const pool = new pg.Pool({ connectionString: postgres.connectionString, max: 2 });
  // A connection that is closing may still hear that the server stops.
  pool.on('error', () => {});
  const database = new sqlite.Database(join(folder, 'v1.db'));
  try {
    const v1 = fillSqlite(database);
    const v2 = await postgresStore(pool, 'users');
    const transform = ({ value: { name, score } }) => ({ title: name, score });
    const batchSize = 5_000;
    const measured = async (what, run) => {
      await pool.query('TRUNCATE users');
      const startedMs = performance.now();
      const { moreMb, peakMb } = await peakOf(run);
      const seconds = (performance.now() - startedMs) / 1_000;
      if ((await v2.count()) !== records) hasFailed = true;
      rows.push({
        what: `${what}, ${records.toLocaleString('en')} records`,
        measured: `${Math.round(records / seconds).toLocaleString('en')} records/s, +${moreMb} MB (peak ${peakMb} MB)`,
        goal: null,
        met: null,
      });
    };
    await measured('SQLite to PostgreSQL: a plain loop of reading and writing batches', async () => {
      for (let after; ;) {
        const batch = await v1.list({ after, limit: batchSize });
        if (batch.length === 0) return;
        await v2.setAll(batch.map((record) => ({ key: record.key, value: transform(record) })));
        after = batch.at(-1).key;
      }
    });
    let text = null;
    let copiedMs = 0;
    await measured('the same with migrateData, copied, read back and compared', async () => {
      const migration = migrateData({
        name: 'users',
        read: (page) => v1.list(page),
        transform,
        write: (batch) => v2.setAll(batch),
        verify: (keys) => v2.getAll(keys),
        count: () => v2.count(),
        remove: () => v2.clear(),
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
      what: 'of that the copy alone, with checksums, order and a checkpoint',
      measured: `${Math.round((records / copiedMs) * 1_000).toLocaleString('en')} records/s`,
      goal: null,
      met: null,
    });
  } finally {
    database.close();
    await pool.end();
    await postgres.close();
    await rm(folder, { recursive: true, force: true });
  }
}

for (const [name, run] of Object.entries({ safely: ofSafely, shadow: ofShadow, data: ofData }))
  if (!skipped.has(name)) await run();
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows);
process.exitCode = hasFailed ? 1 : 0;
await rm(outDir, { recursive: true, force: true });
