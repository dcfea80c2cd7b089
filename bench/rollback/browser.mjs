// Twenty users, each in a profile and so with connections of their own, looking at the page.
import { launchChromium } from '../page.mjs';

/** Opens the page for `count` users. */
export async function openTabs(count, pageUrl, apiUrl, stream) {
  const browser = await launchChromium();
  const tabs = await Promise.all(
    Array.from({ length: count }, async (_, user) => {
      const context = await browser.newContext();
      const tab = await context.newPage();
      const query = new URLSearchParams({ api: apiUrl, user: `user-${user}`, stream: stream ? 'on' : 'off' });
      await tab.goto(`${pageUrl}?${query}`);
      return tab;
    }),
  );
  return {
    version: browser.version(),
    /** Waits until every tab shows a version; returns when each began to, ms since 1970. */
    async shown(version, timeoutMs) {
      return Promise.all(
        tabs.map(async (tab) => {
          const handle = await tab.waitForFunction(
            (wanted) => (window.lastShown?.version === wanted ? window.lastShown : null),
            version,
            { timeout: timeoutMs, polling: 50 },
          );
          return (await handle.jsonValue()).atMs;
        }),
      );
    },
    close: () => browser.close(),
  };
}
