// A snapshot at its caps: what it weighs, and what a page has to do for it in Chromium.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createServer } from 'vite';
import { launchChromium, servePage } from '../page.mjs';

const maxBytes = 200_000;

/** @returns rows of what was measured */
export async function measureCaps({ rounds }) {
  // A test runner sets another, and the figures are of the build that people get.
  process.env.NODE_ENV = 'production';
  const texts = await writeSnapshots();
  const page = await servePage(fileURLToPath(new URL('./page.tsx', import.meta.url)));
  const browser = await launchChromium();
  const rows = [];
  try {
    for (const [name, text] of texts) {
      const gzip = gzipSync(text).length;
      const times = [];
      for (let round = 0; round < rounds; round++) {
        // A fresh page: a browser reads its first snapshot with code it has never run.
        const tab = await browser.newPage();
        await tab.goto(page.url);
        times.push(
          await tab.evaluate(([given, key]) => window.capsBench.timeSnapshot(given, key), [text, `user-${round}`]),
        );
        await tab.close();
      }
      const median = (field) =>
        times
          .map((one) => one[field])
          .toSorted((a, b) => a - b)
          [times.length >> 1].toFixed(1);
      rows.push({
        what: `${name}: bytes (gzip)`,
        measured: `${text.length.toLocaleString('en')} (${gzip.toLocaleString('en')})`,
        goal: `≤ ${maxBytes.toLocaleString('en')}`,
        isMet: text.length <= maxBytes,
      });
      rows.push({
        what: `the same in a fresh page of Chromium: JSON.parse, checking it, evaluating all ${times[0].features.toLocaleString('en')}`,
        measured: `${median('jsonMs')}, ${median('parseMs')}, ${median('evaluateMs')} ms`,
        goal: '–',
        isMet: null,
      });
    }
  } finally {
    await browser.close();
    await page.close();
  }
  return rows;
}

/** The most features, and the most tags, that fit: one cap leaves no room for the other. */
async function writeSnapshots() {
  const vite = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, ws: false },
  });
  try {
    const { publish } = await vite.ssrLoadModule(
      fileURLToPath(new URL('../../src/service/http/publish.ts', import.meta.url)),
    );
    const write = (features, tags) => {
      const users = Array.from({ length: tags }, (_, index) => ({
        tag: createHash('sha256').update(`user-${index}`).digest('hex').slice(0, 16),
      }));
      const each = Math.ceil(tags / features);
      const stored = Array.from({ length: features }, (_, index) => ({
        feature: `feature${index}`,
        enabled: true,
        percentage: (index * 7) % 101,
        regions: null,
        from: null,
        until: null,
        requires: [],
        config: {},
        sampling: 1,
        logOnly: false,
        deny: [],
        allow: users.slice(index * each, (index + 1) * each),
      }));
      const state = {
        epoch: 1_795_244_451_480,
        revision: 412,
        changedAt: '2026-01-01T00:00:00.000Z',
        rollbacks: [],
        features: new Map(stored.map((one) => [one.feature, one])),
      };
      return publish(state).body;
    };
    const most = (fits) => {
      let [low, high] = [0, 10_000];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        try {
          fits(middle);
          low = middle;
        } catch {
          high = middle - 1;
        }
      }
      return low;
    };
    const tags = most((count) => write(1_000, count));
    const features = Math.min(1_000, most((count) => write(count + 1, 10_000)) + 1);
    return [
      [`1,000 features and the ${tags.toLocaleString('en')} tags that still fit`, write(1_000, tags)],
      [`10,000 tags and the ${features.toLocaleString('en')} features that still fit`, write(features, 10_000)],
    ];
  } finally {
    await vite.close();
  }
}
