import type { Page } from 'playwright';

/**
 * Notes every text that an element with a `data-testid` ever has, from before the first paint on, also between frames.
 * @returns reads what was noted on the present document
 */
export async function watchTexts(page: Page): Promise<() => Promise<Record<string, string[]> | undefined>> {
  await page.addInitScript(() => {
    const seen: Record<string, string[]> = {};
    const note = () => {
      for (const element of document.querySelectorAll<HTMLElement>('[data-testid]')) {
        const texts = (seen[element.dataset.testid!] ??= []);
        if (texts.at(-1) !== element.textContent) texts.push(element.textContent);
      }
    };
    const frame = () => {
      note();
      requestAnimationFrame(frame);
    };
    new MutationObserver(note).observe(document, { childList: true, characterData: true, subtree: true });
    requestAnimationFrame(frame);
    Object.assign(globalThis, { seen });
  });
  return () => page.evaluate(() => (globalThis as { seen?: Record<string, string[]> }).seen);
}
