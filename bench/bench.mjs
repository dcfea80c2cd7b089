// `npm run bench`: everything that is measured, in one table. Nothing in it is a test of time.
//   npm run bench                   size, renders, gates, rollbacks, the service with fewer clients, migrating fewer records; the comparison with other packages as recorded
//   npm run bench -- --peers        runs that comparison too: us, the references and the best peer, two rounds, about 3 minutes
//   npm run bench -- --all-peers    all packages, five rounds, about 15 minutes; records it
//   npm run bench -- --polling      rollbacks with the stream down too, about 5 minutes
//   npm run bench -- --load         the service with 5,000 streams held for 10 minutes, migrating 1,000,000 records, about 20 minutes
//   npm run bench -- --skip rollback,render
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { peersGoals, readResults } from './peersGoals.mjs';

const { values } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    'all-peers': { type: 'boolean', default: false },
    polling: { type: 'boolean', default: false },
    load: { type: 'boolean', default: false },
    skip: { type: 'string', default: '' },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const skipped = new Set(values.skip.split(','));

/** Runs a script; some end with 1 and have printed what they found all the same. */
const run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.on('error', reject);
    child.on('exit', () => resolve(text));
  });
const runJson = async (script, ...args) => {
  const text = await run(process.execPath, [here(script), ...args, '--json']);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${script} printed no rows`, { cause });
  }
};

const mark = (isMet) => (isMet ? 'yes' : 'no');
const kb = (bytes) => `${(bytes / 1_000).toFixed(2)} kB`;

async function size() {
  const rows = await runJson('size.mjs');
  return rows.flatMap((row, index) => {
    const [first, everything] = index === 0 ? [9_000, 14_000] : [row.firstLoadLimit, row.everythingLimit];
    const name = index === 0 ? 'goal' : 'limit';
    return [
      ['first load', row.firstLoadGzip, first],
      ['everything', row.everythingGzip, everything],
    ].map(([part, gzip, most]) => ({
      area: 'size',
      what: `${row.bundle}, ${part}`,
      measured: `${kb(gzip)} gzip`,
      goal: `≤ ${kb(most)} (${name})`,
      met: mark(gzip <= most),
    }));
  });
}

async function render() {
  const rows = await runJson('render.mjs');
  return rows.map(({ what, renders, goal, ms }) => ({
    area: 'render',
    what,
    measured: `${renders} renders${ms === undefined ? '' : `, ${ms} ms`}`,
    goal: `${goal}`,
    met: mark(renders === goal),
  }));
}

async function gates() {
  const rows = await runJson('gates.mjs');
  return rows.map(({ what, measured, goal, isMet }) => ({
    area: 'gates',
    what,
    measured,
    goal,
    met: isMet === null ? '–' : mark(isMet),
  }));
}

async function peers() {
  const isRun = values.peers || values['all-peers'];
  if (isRun) {
    const folder = here('./peers');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const shell = process.platform === 'win32';
    if (!existsSync(here('./peers/node_modules')))
      await run(npm, ['ci', '--legacy-peer-deps', '--no-audit', '--no-fund'], { cwd: folder, shell });
    const few = ['--rounds', '2', '--only', 'switchback,baseline,hash,unleash', '--out', '.work/few.json'];
    await run(process.execPath, [here('./peers/run.mjs'), ...(values['all-peers'] ? [] : few)], {
      cwd: folder,
      env: { ...process.env, SWITCHBACK_DIST: here('../src/index.ts') },
    });
  }
  const results = await readResults(values.peers && !values['all-peers'] ? './peers/.work/few.json' : undefined);
  const area = isRun ? 'peers' : `peers, recorded ${results.date}`;
  return peersGoals(results).map(({ what, measured, beside, goal, isMet }) => ({
    area,
    what: `${what} (${beside})`,
    measured,
    goal,
    met: mark(isMet),
  }));
}

async function rollback() {
  if (!existsSync(here('../dist/service/index.js')) || !existsSync(here('../dist/cli/main.js')))
    throw new Error('rollbacks are measured on the built service: npm run build');
  const rounds = ['--rounds', '4', '--polling-rounds', values.polling ? '2' : '0'];
  const rows = await runJson('rollback.mjs', ...rounds);
  return rows.map(({ road, state, tabs, p50Ms, p99Ms }) => ({
    area: 'rollback',
    what: `${road}, ${state}, ${tabs} tabs`,
    measured: `p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
    goal: state === 'live' ? 'p99 < 1,000 ms' : 'p99 < 30,000 ms',
    met: mark(p99Ms < (state === 'live' ? 1_000 : 30_000)),
  }));
}

async function service() {
  const few = ['--streams', '1000', '--senders', '200', '--seconds', '3', '--hold-minutes', '0'];
  const rows = await runJson('service.mjs', ...(values.load ? ['--hold-minutes', '10'] : few));
  return rows.map(({ what, measured, goal, isMet }) => ({
    area: 'service',
    what,
    measured,
    goal,
    met: isMet === null ? '–' : mark(isMet),
  }));
}

async function migrate() {
  const rows = await runJson('migrate.mjs', ...(values.load ? [] : ['--records', '100000']));
  return rows.map(({ what, measured, goal, met }) => ({
    area: 'migrate',
    what,
    measured,
    goal: goal ?? '–',
    met: met === null ? '–' : mark(met),
  }));
}

const rows = [];
for (const [area, measure] of Object.entries({ size, render, gates, peers, rollback, service, migrate })) {
  if (skipped.has(area)) continue;
  console.error(`${area} …`);
  try {
    rows.push(...(await measure()));
  } catch (error) {
    // One part that cannot run here leaves the others their table.
    rows.push({ area, what: error.message, measured: '–', goal: '–', met: 'no' });
  }
}
console.table(rows);
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`);
