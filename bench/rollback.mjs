// From a command to v1 in the document of every open page: 20 visible tabs, by road and by state.
//   npm run bench:rollback [-- --tabs 20 --rounds 10 --polling-rounds 2 --json]
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startService } from '../dist/service/index.js';
import { servePage } from './page.mjs';
import { openTabs } from './rollback/browser.mjs';

const { values } = parseArgs({
  options: {
    tabs: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '10' },
    'polling-rounds': { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const tabCount = Number(values.tabs);
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const feature = 'memoryPanel';

const dataDir = await mkdtemp(join(tmpdir(), 'switchback-bench-data-'));
const service = await startService({ port: 0, dataDir });
const page = await servePage(fileURLToPath(new URL('./rollback/page.tsx', import.meta.url)));
const sql = new pg.Client({ connectionString: service.databaseUrl });
await sql.connect();

const post = async (path, body) => {
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
};

const runCli = (...args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args, '--url', service.url], {
      env: { ...process.env, SWITCHBACK_ADMIN_TOKEN: service.adminToken },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 || code === 4 ? resolve() : reject(new Error(`switchback ${args[0]}: ${code}`)),
    );
  });

const roads = {
  'API disable': () => post('/api/features/disable', { feature }),
  'API emergency': () => post('/api/emergency/rollback', {}),
  'CLI rollback': () => runCli('rollback', feature, '--reason', 'bench'),
  'SQL update': () => sql.query('UPDATE feature_flags SET enabled = false WHERE feature = $1', [feature]),
};

const bringBack = async () => {
  await sql.query('UPDATE rollbacks SET ended_at = now(), ended_by = $1 WHERE ended_at IS NULL AND feature IS NULL', [
    'bench',
  ]);
  await sql.query('UPDATE feature_flags SET enabled = true, percentage = 100 WHERE feature = $1', [feature]);
};

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];

const rows = [];
try {
  await post('/api/features', { feature, enabled: true, percentage: 100, reason: 'bench' });
  for (const [state, rounds, timeoutMs] of [
    ['live', Number(values.rounds), 30_000],
    ['polling', Number(values['polling-rounds']), 40_000],
  ]) {
    if (rounds === 0) continue;
    const tabs = await openTabs(tabCount, page.url, `${service.url}/api`, state === 'live');
    for (const [road, rollBack] of Object.entries(roads)) {
      const delaysMs = [];
      for (let round = 0; round < rounds; round++) {
        await bringBack();
        await tabs.shown('v2', timeoutMs);
        const startedMs = performance.timeOrigin + performance.now();
        const done = rollBack();
        for (const atMs of await tabs.shown('v1', timeoutMs)) delaysMs.push(atMs - startedMs);
        await done;
      }
      delaysMs.sort((a, b) => a - b);
      rows.push({
        road,
        state,
        tabs: tabCount,
        samples: delaysMs.length,
        p50Ms: Math.round(quantile(delaysMs, 0.5)),
        p99Ms: Math.round(quantile(delaysMs, 0.99)),
        maxMs: Math.round(delaysMs.at(-1)),
      });
      console.error(`${road}, ${state}: done`);
    }
    await tabs.close();
  }
} finally {
  await sql.end();
  await page.close();
  await service.close();
  await rm(dataDir, { recursive: true, force: true });
}

if (values.json) console.log(JSON.stringify(rows));
else {
  console.table(rows);
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}; from the command to v1 in the document`,
  );
}
const slow = rows.filter(({ state, p99Ms }) => state === 'live' && p99Ms >= 1_000);
for (const { road, p99Ms } of slow) console.error(`over 1 s: ${road}, live, p99 ${p99Ms} ms`);
process.exitCode = slow.length > 0 ? 1 : 0;
