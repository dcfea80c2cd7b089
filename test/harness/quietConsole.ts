import { afterEach, beforeEach, vi } from 'vitest';

const expected: RegExp[] = [];

/** Announces console errors and warnings of this test that are part of what it shows; everything else fails it. */
export function expectConsole(...patterns: RegExp[]): void {
  expected.push(...patterns);
}

beforeEach(() => {
  expected.length = 0;
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

afterEach(() => {
  const unexpected: string[] = [];
  for (const method of ['error', 'warn'] as const) {
    for (const call of vi.mocked(console[method]).mock.calls) {
      const text = call.map(String).join(' ');
      if (!expected.some((pattern) => pattern.test(text))) unexpected.push(`console.${method}: ${text}`);
    }
  }
  vi.restoreAllMocks();
  if (unexpected.length > 0) throw new Error(`unexpected output:\n${unexpected.join('\n')}`);
});
