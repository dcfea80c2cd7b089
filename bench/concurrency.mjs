// Do mounted gates tear, and what do they cost a transition? Ten checks in Chromium, React's production build.
//   npm run bench:concurrency [-- --controls --json]
//     --controls   the same of React's own state, and of a store that is read in a render without its hook
//     --sample     levels 1 and 2 with fewer and faster components: what the tests run
// Exits with 1 when a check of level 1 or 2 fails for gates.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checks, runCheck } from './concurrency/checks.mjs';
import { launchChromium, servePage } from './page.mjs';

const { values } = parseArgs({
  options: {
    controls: { type: 'boolean', default: false },
    sample: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
// A test runner sets another, and the checks are of the build that people get.
process.env.NODE_ENV = 'production';
const size = values.sample ? { nodes: 20, blockMs: 5 } : { nodes: 50, blockMs: 20 };
const gates = ['versions', 'config'];
const controls = ['context', 'effect'];
const adapters = values.controls ? [...gates, ...controls] : gates;

const page = await servePage(fileURLToPath(new URL('./concurrency/page.tsx', import.meta.url)));
const browser = await launchChromium();
const chromium = browser.version();
const rows = [];
try {
  const onMount = checks.filter(({ name }) => name.endsWith('on mount'));
  const wanted = [
    ...checks.map((check) => ({ check, total: 'mounted' })),
    // Ours: where a component is subscribed before, each change starts the transition anew, and the mount is over in one go.
    ...onMount.map((check) => ({ check, total: 'late' })),
  ];
  for (const { check, total } of wanted) {
    const { id, hook, level, name } = check;
    if (values.sample && level === 3) continue;
    // Side by side only where no time is measured.
    const isTimed = level === 3;
    const passed = {};
    const run = async (adapter) => {
      passed[adapter] = await runCheck(browser, page.url, check, { adapter, total, ...size });
    };
    if (isTimed) for (const adapter of adapters) await run(adapter);
    else await Promise.all(adapters.map(run));
    rows.push({ id: total === 'late' ? `${id}, nobody subscribed before` : `${id}`, hook, level, name, passed });
    console.error(`${hook}, level ${level}: ${name}`);
  }
} finally {
  await browser.close();
  await page.close();
}

const mark = (isPassed) => (isPassed ? 'yes' : 'no');
if (values.json) console.log(JSON.stringify(rows));
else {
  const cells = ({ passed }) => Object.fromEntries(adapters.map((adapter) => [adapter, mark(passed[adapter])]));
  console.table(rows.map(({ id, hook, level, name, ...row }) => ({ id, hook, level, name, ...cells(row) })));
  const { version: react } = createRequire(import.meta.url)('react-dom/package.json');
  console.log(
    `React ${react}, production; Chromium ${chromium}; ${size.nodes} components of ${size.blockMs} ms and one more`,
  );
}
const failed = rows.filter(({ level, passed }) => level < 3 && gates.some((gate) => !passed[gate]));
for (const { id, hook, name } of failed) console.error(`gates fail ${id}: ${hook}, ${name}`);
process.exitCode = failed.length > 0 ? 1 : 0;
