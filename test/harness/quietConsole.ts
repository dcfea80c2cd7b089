// Set-up of every test. Not to be imported by one: it would watch the console twice.
import { afterEach, beforeEach, vi } from 'vitest';
import { expectedConsole } from './expectedConsole.js';

beforeEach(() => {
  expectedConsole.length = 0;
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {});
});

afterEach(() => {
  const unexpected: string[] = [];
  for (const method of ['error', 'warn'] as const) {
    for (const call of vi.mocked(console[method]).mock.calls) {
      const text = call.map(String).join(' ');
      if (!expectedConsole.some((pattern) => pattern.test(text))) unexpected.push(`console.${method}: ${text}`);
    }
  }
  vi.restoreAllMocks();
  if (unexpected.length > 0) throw new Error(`unexpected output:\n${unexpected.join('\n')}`);
});
