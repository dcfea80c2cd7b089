import { chromium, type Browser, type Page } from 'playwright';
import { onTestFinished } from 'vitest';
import { chromiumArgs, chromiumPath } from '../harness/chromium.js';

/** A page of a built app, and everything it complained about. */
export interface Visit {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, answers of 400 and above. */
  readonly complaints: readonly string[];
  /** Waits for the text of `data-testid`. */
  text(testId: string, expected: string): Promise<void>;
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs], headless: true });

/**
 * Opens a page in a fresh profile.
 * @param lost requests that get no answer
 */
export async function visit(browser: Browser, url: string, lost?: RegExp): Promise<Visit> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  if (lost !== undefined) await page.route(lost, (route) => route.abort());
  await page.goto(url);
  return {
    page,
    complaints,
    async text(testId, expected) {
      const found = page.locator(`[data-testid="${testId}"]`, { hasText: expected });
      await found.waitFor({ timeout: 15_000 }).catch(async (error: unknown) => {
        throw new Error(`no "${expected}" in ${await page.content()}\n${complaints.join('\n')}`, { cause: error });
      });
    },
  };
}
