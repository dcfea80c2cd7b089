// The service under load, the generator in a process of its own: streams, herds, reads, metrics, and a snapshot at its caps.
//   npm run bench:service [-- --streams 5000 --hold-minutes 10 --senders 1000 --seconds 10 --only streams,reads --json --record]
//     --facts    what is no matter of time, with small numbers: what the tests run
//     --record   writes bench/service/results.json, which `node bench/performance.mjs --only=service` puts into docs/performance.md
//     --cli      another build of the command line than dist/cli/main.js
// Exits with 1 when a goal is missed.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureCaps } from './service/caps.mjs';
import { startGenerator } from './service/generate.mjs';
import { measureIngest, measureLoss } from './service/ingest.mjs';
import { measureLabels } from './service/labels.mjs';
import { measureReads } from './service/reads.mjs';
import { measureReconnect } from './service/reconnect.mjs';
import { pinning, startServe } from './service/serve.mjs';
import { measureStreams } from './service/streams.mjs';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '5000' },
    'hold-minutes': { type: 'string', default: '1' },
    clients: { type: 'string', default: '2000' },
    senders: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    only: { type: 'string' },
    cli: { type: 'string', default: fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)) },
    facts: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const { cli, facts } = values;
const seconds = Number(values.seconds);
const senders = Number(values.senders);
const results = new URL('./service/results.json', import.meta.url);

const folders = [];
/** Starts a service in a folder of its own, or `before` again in its own. */
async function start(args = [], before) {
  const dataDir = before?.dataDir ?? (await mkdtemp(join(tmpdir(), 'switchback-bench-')));
  folders.push(dataDir);
  const service = await startServe({ cli, dataDir, isPinned: !facts, args, ...(before && { port: before.port }) });
  return { ...service, dataDir };
}
const common = {
  start,
  startGenerator: () => startGenerator({ isPinned: !facts }),
  say: (line) => console.error(line),
};

const areas = facts
  ? {
      streams: async () => {
        const rows = await measureStreams({ ...common, count: 50, changes: 1, holdMinutes: 0, settleMs: 1_000 });
        return rows.filter(({ what }) => what.startsWith('a change'));
      },
      reads: () => measureReads({ ...common, connections: 4, seconds: 0.5 }),
      loss: () => measureLoss({ ...common, senders: 20, seconds: 1 }),
      labels: async () => (await measureLabels({ ...common, senders: 20, labels: 2_000 })).slice(0, 1),
    }
  : {
      streams: () =>
        measureStreams({
          ...common,
          count: Number(values.streams),
          changes: 5,
          settleMs: 10_000,
          holdMinutes: Number(values['hold-minutes']),
        }),
      reconnect: () => measureReconnect({ clients: Number(values.clients) }),
      reads: () => measureReads({ ...common, connections: 64, seconds }),
      ingest: () => measureIngest({ ...common, senders, seconds }),
      loss: () => measureLoss({ ...common, senders, seconds: Math.min(seconds, 5) }),
      labels: () => measureLabels({ ...common, senders, labels: 100_000 }),
      caps: () => measureCaps({ rounds: 9 }),
    };

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}; ${pinning}`;
const recorded = [];
const measure = async (area) => {
  const load = loadavg()[0].toFixed(1);
  console.error(`${area} … (load of the machine before: ${load})`);
  const rows = await areas[area]();
  recorded.push({ area, date: new Date().toISOString().slice(0, 10), machine, load, rows });
};
try {
  const wanted = values.only?.split(',') ?? Object.keys(areas);
  // Side by side only where no time is measured.
  if (facts) await Promise.all(wanted.map(measure));
  else for (const area of wanted) await measure(area);
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}

if (values.record) {
  const before = await readFile(results, 'utf8').then(JSON.parse, () => []);
  const kept = before.filter(({ area }) => !recorded.some((one) => one.area === area));
  const order = Object.keys(areas);
  const all = [...kept, ...recorded].toSorted((a, b) => order.indexOf(a.area) - order.indexOf(b.area));
  await writeFile(results, `${JSON.stringify(all, null, 2)}\n`);
}
const rows = recorded.flatMap((one) => one.rows);
if (values.json) console.log(JSON.stringify(rows));
else {
  console.table(rows);
  console.log(machine);
}
process.exitCode = rows.every(({ isMet }) => isMet ?? true) ? 0 : 1;
