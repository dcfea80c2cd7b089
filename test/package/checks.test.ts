import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** What a command had to say when it failed; empty when it did not. */
const complaint = (command: string, ...given: string[]): Promise<string> =>
  execute(command, given, { cwd: root, maxBuffer: 2 ** 26, env: { ...process.env, NO_COLOR: '1' } }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => `${error.stdout}${error.stderr}` || 'failed',
  );

test.each(['format:check', 'lint', 'types'])('npm run %s has nothing to say', { timeout: 120_000 }, async (script) => {
  expect(await complaint('npm', 'run', '--silent', script)).toBe('');
});

test('the stories build into a page of their own', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-storybook-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const storybook = join(root, 'node_modules/.bin/storybook');
  expect(await complaint(storybook, 'build', '--output-dir', folder, '--quiet', '--disable-telemetry')).toBe('');
  const { entries } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
    entries: Record<string, { type: string; title: string }>;
  };
  const titles = new Set(Object.values(entries).map(({ title }) => title));
  expect(titles.size).toBeGreaterThanOrEqual(6);
  expect(Object.values(entries).filter(({ type }) => type === 'story').length).toBeGreaterThanOrEqual(70);
});
