// What a gate costs and what its failures leave behind, in Chromium, React's production build.
//   npm run bench:gates [-- --rounds 15 --json]
//     --facts   leaves out what is a matter of time and of bytes: what the tests run
// Exits with 1 when a fact does not hold; a goal of time that is missed is printed as such.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium, servePage } from './page.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    facts: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const runs = 200;
// A test runner sets another, and the figures are of the build that people get.
process.env.NODE_ENV = 'production';

const page = await servePage(fileURLToPath(new URL('./gates/page.tsx', import.meta.url)));
const browser = await launchChromium();

/** A fresh tab, whose garbage can be collected. */
async function openTab() {
  const tab = await browser.newPage();
  await tab.goto(page.url);
  const devtools = await tab.context().newCDPSession(tab);
  return {
    tab,
    async collectGarbage() {
      // What a weak reference was read of lives until the task ends; what hung on it goes in the next round.
      for (let round = 0; round < 3; round++) {
        await devtools.send('HeapProfiler.collectGarbage');
        await tab.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)));
      }
    },
    usedBytes: async () => (await devtools.send('Runtime.getHeapUsage')).usedSize,
  };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

async function mounts() {
  const { tab, collectGarbage } = await openTab();
  const timesMs = { gate: [], skeleton: [], askingPair: [], pair: [] };
  const guards = Object.keys(timesMs);
  for (let round = 0; round < rounds + 3; round++) {
    const order = round % 2 === 0 ? guards : guards.toReversed();
    for (const guard of order) {
      await collectGarbage();
      const tookMs = await tab.evaluate((name) => window.gatesBench.timeMount(name), guard);
      // The first rounds are the compiler's.
      if (round >= 3) timesMs[guard].push(tookMs);
    }
  }
  await tab.close();
  const [gateMs, skeletonMs, askingMs, pairMs] = guards.map((guard) => median(timesMs[guard]));
  const row = (what, otherMs, ms = gateMs) => ({
    what,
    measured: `${(ms / otherMs).toFixed(2)} × (${ms.toFixed(1)} and ${otherMs.toFixed(1)} ms)`,
  });
  return [
    {
      ...row('1,000 gates mounted, beside 1,000 pairs of error boundary and Suspense', pairMs),
      goal: '≤ 1.50 ×',
      isMet: gateMs / pairMs <= 1.5,
      isOfTime: true,
    },
    { ...row('the same, beside pairs that ask `useFeature` first', askingMs), goal: '–', isMet: null },
    {
      ...row('a gate’s components and hooks with nothing in them, beside the pairs', pairMs, skeletonMs),
      goal: '–',
      isMet: null,
    },
  ];
}

async function bytes() {
  const { tab, collectGarbage, usedBytes } = await openTab();
  const used = async (guard) => {
    await tab.evaluate((name) => window.gatesBench.keepMounted(name), guard);
    await collectGarbage();
    return usedBytes();
  };
  // Once for what is made only once.
  for (const guard of ['gate', 'pair', 'none', null]) await used(guard);
  const none = await used('none');
  const [gate, pair] = [(await used('gate')) - none, (await used('pair')) - none];
  await tab.close();
  const each = (all) => Math.round(all / 1_000).toLocaleString('en');
  return [
    { what: 'bytes for one gate, without its v2', measured: each(gate), goal: '–', isMet: null },
    { what: 'bytes for one such pair, without its v2', measured: each(pair), goal: '–', isMet: null },
  ];
}

async function transitions() {
  const { tab } = await openTab();
  const [gate, pair] = await tab.evaluate(async () => [
    await window.gatesBench.mountInTransition('gate'),
    await window.gatesBench.mountInTransition('pair'),
  ]);
  await tab.close();
  const isOneOnV1 = String(gate.onV1) === '500' && String(pair.onV1) === '500';
  return [
    {
      what: '1,000 gates in one mounting transition, one fails: renders of the other v2s (and with such pairs)',
      measured: `${gate.others.until} (${pair.others.until})`,
      goal: `≤ ${pair.others.until}`,
      isMet: gate.others.until <= pair.others.until && isOneOnV1,
    },
    {
      what: 'the same, once it is on the screen',
      measured: `${gate.others.after}`,
      goal: '0',
      isMet: gate.others.after === 0,
    },
  ];
}

async function retention() {
  const rows = [];
  for (const face of ['FeatureGate', 'FallbackBoundary']) {
    const { tab, collectGarbage } = await openTab();
    await tab.evaluate(([name, cycles]) => window.gatesBench.failAndReset(name, cycles), [face, runs]);
    await collectGarbage();
    const { watched, retained, isWatching } = await tab.evaluate(() => window.gatesBench.countRetained());
    await tab.close();
    rows.push({
      what: `${runs} times failed and reset, ${face}: objects that stay`,
      measured: `${retained} of ${watched}`,
      goal: '0',
      isMet: retained === 0 && watched === 2 * runs && isWatching,
    });
  }
  return rows;
}

async function frames() {
  const rows = [];
  for (const moment of ['mount', 'update', 'layoutEffect', 'effect']) {
    const { tab } = await openTab();
    const seen = await tab.evaluate(([name, count]) => window.gatesBench.sampleFrames(name, count), [moment, runs]);
    await tab.close();
    const most = moment === 'effect' ? 1 : 0;
    rows.push({
      what: `${runs} failures (${moment}): v1 in the same frame; blank frames; most frames of a broken v2`,
      measured: `${seen.sameFrame}; ${seen.blank}; ${seen.brokenFrames}`,
      goal: `${runs}; 0; ${most === 0 ? '0' : '≤ 1'}`,
      isMet: seen.sameFrame === runs && seen.blank === 0 && seen.brokenFrames <= most,
    });
  }
  return rows;
}

const facts = [transitions, retention, frames];
const rows = [];
try {
  for (const measure of values.facts ? facts : [mounts, bytes, ...facts]) rows.push(...(await measure()));
} finally {
  await browser.close();
  await page.close();
}
if (values.json) console.log(JSON.stringify(rows));
else console.table(rows.map(({ isOfTime: _, ...row }) => row));
process.exitCode = rows.every(({ isMet, isOfTime }) => isOfTime || (isMet ?? true)) ? 0 : 1;
