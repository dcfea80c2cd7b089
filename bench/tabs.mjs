// Eight tabs of one browser over HTTP/1.1 hold one stream: how long it takes until another tab has it when the one that had it goes.
//   npm run bench:tabs [-- --closed 20 --paused 10 --hung 10 --large --json]
//     --large   a snapshot that is too large for the stream, so that each tab fetches it
// Exits with 1 when a takeover takes longer than it may or a tab missed a change.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';
import { launchChromium, servePage } from './page.mjs';
import { openTabs } from './tabs/rounds.mjs';

const { values } = parseArgs({
  options: {
    closed: { type: 'string', default: '20' },
    paused: { type: 'string', default: '10' },
    hung: { type: 'string', default: '10' },
    large: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const tabCount = 8;

const { module } = await runnerImport(fileURLToPath(new URL('./tabs/service.ts', import.meta.url)), {
  configFile: false,
  logLevel: 'error',
});
const service = await module.startTabService(values.large);
const page = await servePage(fileURLToPath(new URL('./tabs/page.tsx', import.meta.url)));
const browser = await launchChromium();
const chromium = browser.version();
const rows = [];
let facts;
try {
  const tabs = await openTabs(browser, page.url, service, tabCount);
  const ordinaryRequestMs = Math.round(await tabs.ordinaryRequestMs());
  const rollback = await tabs.rollBack();
  for (const { how, limitMs, run } of [
    { how: 'closed', limitMs: 2_000, run: tabs.close },
    { how: 'paused', limitMs: 20_000, run: tabs.pause },
    { how: 'hung', limitMs: 20_000, run: tabs.hang },
  ]) {
    const rounds = Number(values[how]);
    const results = [];
    for (let round = 0; round < rounds; round++) {
      results.push(await run());
      console.error(`${how} ${round + 1}: ${JSON.stringify(results.at(-1))}`);
    }
    if (rounds === 0) continue;
    const sorted = (of) => results.map(of).sort((a, b) => a - b);
    const streamMs = sorted(({ streamAfterMs }) => streamAfterMs);
    const changeMs = sorted(({ changeAfterMs }) => changeAfterMs);
    rows.push({
      how,
      rounds,
      streamP50Ms: streamMs[Math.ceil(rounds / 2) - 1],
      streamMaxMs: streamMs.at(-1),
      changeP50Ms: changeMs[Math.ceil(rounds / 2) - 1],
      changeMaxMs: changeMs.at(-1),
      limitMs,
      missed: results.reduce((sum, { missed }) => sum + missed, 0),
    });
  }
  facts = {
    tabs: tabCount,
    streams: await service.streams(),
    ordinaryRequestMs,
    rollback,
    faults: [...tabs.faults, ...service.faults],
  };
} finally {
  await browser.close();
  await page.close();
  await service.close();
}

if (values.json) console.log(JSON.stringify({ rows, facts }));
else {
  console.table(rows);
  console.log(JSON.stringify(facts, null, 2));
  console.log(
    `Chromium ${chromium}; from when the leader went to a stream in another tab, and to the first change in all of them`,
  );
}
const isFine = ({ streamMaxMs, changeMaxMs, limitMs, missed }) =>
  missed === 0 && streamMaxMs < limitMs && changeMaxMs < limitMs;
process.exitCode = rows.every(isFine) ? 0 : 1;
