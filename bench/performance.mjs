// Fills the tables of docs/performance.md: sizes, renders and gates as they are now, the comparison as recorded in bench/peers, the
// service as recorded by `npm run bench:service -- --record`.
//   node bench/performance.mjs [--rollback]     with --rollback it measures those too, about 3 minutes
//   node bench/performance.mjs --migrate        and with this one migrating 1,000,000 records, about 3 minutes
//   node bench/performance.mjs --only=gates     that table alone; several with commas
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { peersGoals, readResults } from './peersGoals.mjs';

const file = new URL('../docs/performance.md', import.meta.url);

const measure = (script, ...args) => {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = spawnSync(process.execPath, [path, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(stdout);
};

const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

const kb = (bytes) => (bytes / 1_000).toFixed(2);
const number = (value, digits) =>
  value == null ? '–' : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`;

const results = await readResults();
const service = JSON.parse(await readFile(new URL('./service/results.json', import.meta.url), 'utf8'));
const field = results.rows.filter(({ kind }) => kind !== 'size only');
const bySize = results.rows.filter(({ size }) => size).toSorted((a, b) => a.size.gzip - b.size.gzip);

const only = process.argv
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const isAsked = (name) => process.argv.includes(`--${name}`) || only?.includes(name) === true;

const sections = {
  size: () =>
    table(
      ['bundle', 'first load, min', 'gzip', 'everything, min', 'gzip', 'chunks'],
      measure('size.mjs').map((row) => [
        row.bundle,
        kb(row.firstLoadMin),
        kb(row.firstLoadGzip),
        kb(row.everythingMin),
        kb(row.everythingGzip),
        row.chunks,
      ]),
    ),
  render: () =>
    table(
      ['', 'renders', 'goal', 'ms, for a glance'],
      measure('render.mjs').map(({ what, renders, goal, ms }) => [what, renders, goal, ms ?? '–']),
    ),
  gates: () =>
    table(
      ['', 'measured', 'goal', 'met'],
      measure('gates.mjs').map(({ what, measured, goal, isMet }) => [
        what,
        measured,
        goal,
        isMet === null ? '–' : isMet ? 'yes' : '**no**',
      ]),
    ),
  service: () => {
    const met = (isMet) => (isMet === null ? '–' : isMet ? 'yes' : '**no**');
    return service
      .map(({ date, machine: on, load, rows }) => {
        const cells = rows.map(({ what, measured, goal, isMet }) => [what, measured, goal, met(isMet)]);
        return `${table(['', 'measured', 'goal', 'met'], cells)}\n\n${date}, ${on}. Load of the machine before: ${load}.`;
      })
      .join('\n\n');
  },
  recorded: () =>
    `Measured on ${results.date}: ${results.cpus} × ${results.cpu}, Node ${results.node}, React ${results.react}, ${results.rounds} rounds.`,
  goals: () =>
    table(
      ['', 'Switchback', 'beside', 'goal', 'met'],
      peersGoals(results).map(({ what, measured, beside, goal, isMet }) => [
        what,
        measured,
        beside,
        goal,
        isMet ? 'yes' : '**no**',
      ]),
    ),
  fieldSize: () =>
    table(
      ['kB', 'min', 'gzip', 'brotli'],
      bySize.map(({ name, size }) => [name, kb(size.min), kb(size.gzip), kb(size.brotli)]),
    ),
  field: () =>
    table(
      [
        '',
        'evaluate, ns',
        'bucketed, ns',
        'mount, ms',
        'ready',
        'change',
        'change, ms',
        'refetch',
        'bytes',
        'SSR, ms',
        'SSR ×',
      ],
      field.map((row) => [
        row.name,
        number(row.evalNs, 0),
        number(row.bucketNs, 0),
        number(row.hookMs, 2),
        number(row.extraRendersToReady, 0),
        number(row.changeRenders, 0),
        number(row.changeMs, 2),
        number(row.refetchRenders, 0),
        number(row.bytesOverFloor, 0),
        number(row.ssrMs, 2),
        number(row.ssrVsFloor, 2),
      ]),
    ),
  hashes: () =>
    table(
      ['ns per bucket', ''],
      Object.entries(results.hashes)
        .toSorted((a, b) => a[1] - b[1])
        .map(([name, ns]) => [name, number(ns, 0)]),
    ),
  ...(isAsked('migrate') && {
    migrate: () => {
      const load = loadavg()[0]?.toFixed(0);
      const cells = measure('migrate.mjs').map(({ what, measured, goal, met }) => [
        what,
        measured,
        goal ?? '–',
        met === null ? '–' : met ? 'yes' : '**no**',
      ]);
      return `${table(['', 'measured', 'goal', 'met'], cells)}\n\n${machine}. Load of the machine before: ${load}.`;
    },
  }),
  ...(isAsked('rollback') && {
    rollback: () => {
      const rows = measure('rollback.mjs', '--rounds', '5', '--polling-rounds', '1');
      const cells = rows.map(({ road, state, samples, p50Ms, p99Ms, maxMs }) => [
        road,
        state,
        samples,
        p50Ms,
        p99Ms,
        maxMs,
      ]);
      return `${table(['road', 'state', 'samples', 'p50, ms', 'p99, ms', 'most, ms'], cells)}\n\n${machine}.`;
    },
  }),
};

let text = await readFile(file, 'utf8');
for (const [name, write] of Object.entries(sections)) {
  if (only && !only.includes(name)) continue;
  const [begin, end] = [`<!-- begin:${name} -->`, `<!-- end:${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  text = `${text.slice(0, from + begin.length)}\n${write()}\n${text.slice(to)}`;
}
await writeFile(file, text);
