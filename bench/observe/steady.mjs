// What observing costs and leaves behind, in Chromium.
//   node bench/observe/steady.mjs [--rounds 9 --json]
//     --facts   leaves out what is a matter of time: what the tests run
// Exits with 1 when a fact does not hold; a goal of time that is missed is printed as such.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium, servePage } from '../page.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    facts: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Opens a page of its own; `env` is the build of React and of ours. */
async function openPage(browser, entry, env) {
  // A test runner sets another, and it is read while the page is built.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = env;
  const page = await servePage(here(entry));
  process.env.NODE_ENV = before;
  const tab = await browser.newPage();
  await tab.goto(page.url);
  return { page, tab };
}

async function steady(tab) {
  const rows = [];
  for (const what of ['exposure', 'measure']) {
    const ns = { empty: [], http: [] };
    for (let round = 0; round < rounds + 3; round++)
      for (const sink of round % 2 === 0 ? ['empty', 'http'] : ['http', 'empty']) {
        const one = await tab.evaluate(([name, kind]) => window.observeBench.steadyNs(name, kind, 100), [sink, what]);
        // The first rounds are the compiler's.
        if (round >= 3) ns[sink].push(one);
      }
    const [empty, http] = [median(ns.empty), median(ns.http)];
    rows.push({
      what: `one ${what}, reported, beside one into a sink that does nothing`,
      measured: `${(http / empty).toFixed(2)} × (${http.toFixed(0)} and ${empty.toFixed(0)} ns)`,
      goal: '≤ 3 ×',
      isMet: http <= 3 * empty,
      isOfTime: true,
    });
  }
  return rows;
}

async function atOnce(tab) {
  const rows = [];
  for (const features of [1, 100, 1_000]) {
    const ms = { exposed: [], settled: [], emptyExposed: [], emptySettled: [] };
    for (let round = 0; round < rounds + 2; round++) {
      const ask = (sink) => tab.evaluate((given) => window.observeBench.reportAtOnce(...given), [sink, features]);
      const [http, empty] = [await ask('http'), await ask('empty')];
      if (round < 2) continue;
      ms.exposed.push(http.exposedMs);
      ms.settled.push(http.settledMs);
      ms.emptyExposed.push(empty.exposedMs);
      ms.emptySettled.push(empty.settledMs);
    }
    for (const [moment, all, empty] of [
      ['are shown', median(ms.exposed), median(ms.emptyExposed)],
      ['settle', median(ms.settled), median(ms.emptySettled)],
    ])
      rows.push({
        what: `1,000 gates of ${features.toLocaleString('en')} features ${moment} at once and report: main thread`,
        measured: `${all.toFixed(1)} ms (${empty.toFixed(1)} into a sink that does nothing)`,
        // So many features at once are no page of ours.
        goal: features === 1_000 ? '–' : '< 16 ms',
        isMet: features === 1_000 ? null : all < 16,
        isOfTime: true,
      });
  }
  return rows;
}

async function retained(tab) {
  const devtools = await tab.context().newCDPSession(tab);
  const used = async () => {
    for (let round = 0; round < 3; round++) {
      await devtools.send('HeapProfiler.collectGarbage');
      await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)));
    }
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
  const observe = (tasks) => tab.evaluate((count) => window.observeBench.observeForHeap('http', count), tasks);
  await observe(100);
  const before = await used();
  await observe(200);
  const after = await used();
  // Two kinds of 200,000 each.
  const each = Math.max(0, after - before) / 400_000;
  return [
    {
      what: 'bytes that one observation on the steady path leaves behind',
      measured: `${each.toFixed(2)} (${after - before} of 400,000)`,
      goal: '0',
      isMet: each < 0.5,
    },
  ];
}

async function mounts(tab) {
  const left = await tab.evaluate(() => window.strictBench.mountAndUnmount(1_000));
  return [
    {
      what: `${left.mounts} times mounted and unmounted under StrictMode: listeners; timers that stay`,
      measured: `${left.listeners}; ${left.timers}`,
      goal: '0; 0',
      isMet: left.listeners === 0 && left.timers === 0 && left.mounts === 1_000,
    },
  ];
}

const browser = await launchChromium();
const rows = [];
const pages = [];
try {
  const open = async (...given) => {
    const opened = await openPage(browser, ...given);
    pages.push(opened.page);
    return opened.tab;
  };
  const tab = await open('page.tsx', 'production');
  rows.push(...(await retained(tab)));
  if (!values.facts) rows.push(...(await steady(tab)), ...(await atOnce(tab)));
  await tab.close();
  rows.push(...(await mounts(await open('strict.tsx', 'development'))));
} finally {
  await browser.close();
  await Promise.all(pages.map((page) => page.close()));
}
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows.map(({ isOfTime: _, ...row }) => row));
process.exitCode = rows.every(({ isMet, isOfTime }) => isOfTime || isMet) ? 0 : 1;
