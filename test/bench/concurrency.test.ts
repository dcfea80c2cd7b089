import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface CheckRow {
  readonly id: string;
  readonly hook: string;
  readonly level: number;
  readonly name: string;
  readonly passed: Readonly<Record<'versions' | 'config' | 'context' | 'effect', boolean>>;
}

const script = fileURLToPath(new URL('../../bench/concurrency.mjs', import.meta.url));

test('mounted gates never tear: levels 1 and 2, with fewer and faster components than the bench', async () => {
  const run = promisify(execFile)(process.execPath, [script, '--sample', '--controls', '--json'], { encoding: 'utf8' });
  // When a check fails it exits with 1 and has written its rows all the same.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const rows = JSON.parse(stdout) as CheckRow[];

  const late = ['2', '4', '8', '10'].map((id) => `${id}, nobody subscribed before`);
  expect(rows.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '7', '8', '9', '10', ...late]);
  const failedBy = (adapter: keyof CheckRow['passed']) =>
    rows.filter(({ passed }) => !passed[adapter]).map(({ id, hook, name }) => `${id}: ${hook}, ${name}`);
  expect(failedBy('versions')).toEqual([]);
  expect(failedBy('config')).toEqual([]);
  // The checks let through what cannot tear, and see what does.
  expect(failedBy('context')).toEqual([]);
  expect(failedBy('effect')).not.toEqual([]);
}, 180_000);
