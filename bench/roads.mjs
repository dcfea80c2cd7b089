// From a command to the first frame with v1 and without v2, by road and by state; two replicas, Chromium.
//   node bench/roads.mjs [--runs 20 --users 4 --road 'POST /admin/flags' --state live --json]
//     --users     pages that look in each run: with 4, 5 runs are 20 looks, in a quarter of the time
//     --estimate  says how long it would take, and ends
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { inWords, secondsOf } from './roads/estimate.mjs';
import { cellsOf, measureRoads } from './roads/measureRoads.mjs';
import { roads, states } from './roads/roads.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    users: { type: 'string', default: '1' },
    road: { type: 'string', multiple: true, default: Object.keys(roads) },
    state: { type: 'string', multiple: true, default: Object.keys(states) },
    json: { type: 'boolean', default: false },
    estimate: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs is a number from 1 on, found ${values.runs}`);
for (const [known, given] of [
  [roads, values.road],
  [states, values.state],
])
  for (const name of given)
    if (!Object.hasOwn(known, name)) throw new Error(`${name} is none of ${Object.keys(known).join(', ')}`);

const all = cellsOf(values.road, values.state);
console.error(
  `${all.length} cells, ${runs} runs each: about ${inWords(runs * secondsOf(all))} on a machine without other work`,
);
if (values.estimate) process.exit();

const startedMs = performance.now();
const rows = await measureRoads({
  runs,
  users: Number(values.users),
  roadNames: values.road,
  stateNames: values.state,
  log({ road, state, maxMs }, left) {
    const [whole, rest] = [secondsOf(all), secondsOf(left)];
    // As slow as it was so far.
    const restS = (((performance.now() - startedMs) / 1_000) * rest) / (whole - rest);
    console.error(
      `${state}: ${road}: ${maxMs} ms${left.length === 0 ? '' : `; ${left.length} cells left, about ${inWords(restS)}`}`,
    );
  },
});

const cell = (road, state) => {
  const row = rows.find((one) => one.road === road && one.state === state);
  return row === undefined ? '–' : (row.maxMs / 1_000).toFixed(2);
};
if (values.json) console.log(JSON.stringify(rows));
else {
  console.log(`| s, the slowest | ${values.state.join(' | ')} |`);
  console.log(`| --- | ${values.state.map(() => '---:').join(' | ')} |`);
  for (const road of values.road)
    console.log(`| ${road} | ${values.state.map((state) => cell(road, state)).join(' | ')} |`);
  console.log(
    `\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}; ${values.runs} runs of ${values.users} users a cell`,
  );
}
const slow = rows.filter(({ maxMs }) => !(maxMs < 30_000));
for (const { road, state, maxMs } of slow) console.error(`not under 30 s: ${road}, ${state}: ${maxMs} ms`);
process.exitCode = slow.length > 0 ? 1 : 0;
