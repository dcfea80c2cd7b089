// Whether what clients report arrives once: over a network that loses, repeats and delays, into the real service and its
// database; after 24 hours offline; and when every failure makes another.
//   node bench/observe/delivery.mjs [--pages 20 --each 500 --events 1000000 --json]
// Exits with 1 when a goal is missed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build, runnerImport } from 'vite';

const { values } = parseArgs({
  options: {
    pages: { type: 'string', default: '20' },
    each: { type: 'string', default: '500' },
    events: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
  },
});
setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc');

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dataDir = await mkdtemp(join(tmpdir(), 'switchback-delivery-'));
// Built as an app would be, so that the parts that are loaded later are files.
const outDir = join(dataDir, 'build');
await build({
  configFile: false,
  logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"production"' },
  build: { ssr: here('./delivery.ts'), outDir, target: 'node20', minify: false },
});
const { loseThreeInTen, stayOffline, loopOwnFailures } = await import(pathToFileURL(join(outDir, 'delivery.js')).href);
const { module } = await runnerImport(here('../../src/service/startService.ts'), {
  configFile: false,
  logLevel: 'error',
});

const rows = [];
const add = (what, measured, goal, isMet) => rows.push({ what, measured, goal, isMet });

const service = await module.startService({ port: 0, dataDir: join(dataDir, 'data') });
try {
  const ask = async (path, body) => {
    const response = await fetch(service.url + path, {
      headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  await ask('/api/features', { feature: 'panel', reason: 'bench' });
  const sent = await loseThreeInTen(`${service.url}/api`, Number(values.pages), Number(values.each));
  const from = Date.now() - 86_000_000;
  const { outside } = await ask(`/api/features/panel/metrics?from=${from}&to=${Date.now() + 86_000_000}`);
  const counted =
    outside.v2.counts.attempts + Object.values(outside.v2.counts.failed).reduce((sum, one) => sum + one, 0);
  const { requests, lostOnTheWay, lostOnTheWayBack, duplicated, late } = sent;
  const network = `${requests} requests: ${lostOnTheWay} lost there, ${lostOnTheWayBack} lost back, ${late} late, ${duplicated} twice`;
  add(
    `${sent.given} observations of ${values.pages} pages over ${network}: lost`,
    Math.max(0, sent.given - counted),
    '0',
    counted >= sent.given,
  );
  add('the same: counted twice', Math.max(0, counted - sent.given), '0', counted <= sent.given);
} finally {
  await service.close();
}

const offline = await stayOffline(Number(values.events));
const { given, arrived, counted } = offline;
const told = counted.queueFull + counted.expired + counted.storage;
add(
  `${given} observations in 24 h offline: tallies in memory`,
  offline.mostInMemory,
  '<= 500',
  offline.mostInMemory <= 500,
);
add('the same: characters stored, at most', offline.mostStored, `<= ${128 * 1024}`, offline.mostStored <= 128 * 1024);
add('the same: growth of the heap in MB', Number(offline.heapGrowthMB.toFixed(2)), '< 5', offline.heapGrowthMB < 5);
add(
  `the same: ${arrived} arrived and ${told} told of as dropped; neither`,
  given - arrived - told,
  '0',
  arrived + told === given,
);
add('the same: requests while offline', offline.requestsOffline, '', true);

for (const answer of ['throws', '429', '500', 'accepts']) {
  const loop = await loopOwnFailures(answer, 10);
  const what = `10,000 errors a second, a service that ${answer === 'throws' || answer === 'accepts' ? answer : `answers ${answer}`}`;
  add(`${what}: requests in a second, at most`, loop.mostRequestsInASecond, '<= 10', loop.mostRequestsInASecond <= 10);
  add(`${what}: faults told in a second, at most`, loop.mostFaultsInASecond, '<= 10', loop.mostFaultsInASecond <= 10);
  add(`${what}: µs of one failure in the sink, for a glance`, Number(loop.usEach.toFixed(1)), '', true);
}

await rm(dataDir, { recursive: true, force: true });
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows);
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;
