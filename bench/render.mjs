// Who renders when something happens, in Chromium, React's production build. Counts are facts; times are for a glance.
//   node bench/render.mjs [--rounds 5] [--json]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium, servePage } from './page.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean' } } });
const rounds = Number(values.rounds);

const page = await servePage(fileURLToPath(new URL('./render/page.tsx', import.meta.url)));
const browser = await launchChromium();
const runs = [];
try {
  for (let round = 0; round < rounds; round++) {
    // A fresh page for each: no round is warmed by the one before.
    const tab = await browser.newPage();
    await tab.goto(page.url);
    const consumers = await tab.evaluate(() => window.switchbackBench.runConsumers());
    const gates = await tab.evaluate(() => window.switchbackBench.runGates());
    runs.push({ consumers, gates });
    await tab.close();
  }
} finally {
  await browser.close();
  await page.close();
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const msOf = (read) => Number(median(runs.map(read)).toFixed(2));
/** The same in every round, or all that were seen. */
const countOf = (read) => {
  const seen = [...new Set(runs.map(read))];
  return seen.length === 1 ? seen[0] : seen.join(' or ');
};

const rows = [
  {
    what: '1,000 consumers: first render',
    renders: countOf(({ consumers }) => consumers.renders.mount),
    goal: 1_000,
    ms: msOf(({ consumers }) => consumers.ms.mount),
  },
  {
    what: '1,000 consumers: bootstrapped, to ready',
    renders: countOf(({ consumers }) => consumers.renders.toReady),
    goal: 0,
  },
  {
    what: '1,000 consumers: one of 100 features changes',
    renders: countOf(({ consumers }) => consumers.renders.change),
    goal: 10,
    ms: msOf(({ consumers }) => consumers.ms.change),
  },
  {
    what: '1,000 consumers: unchanged refetch',
    renders: countOf(({ consumers }) => consumers.renders.refetch),
    goal: 0,
  },
  {
    what: '1,000 gates: first render',
    renders: countOf(({ gates }) => gates.renders.mount),
    goal: 1_000,
    ms: msOf(({ gates }) => gates.ms.mount),
  },
  {
    what: '1,000 gates: one v2 fails on update, other gates',
    renders: countOf(({ gates }) => gates.renders.others),
    goal: 0,
    ms: msOf(({ gates }) => gates.ms.fallback),
  },
];
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows);
process.exitCode = rows.every(({ renders, goal }) => renders === goal) ? 0 : 1;
