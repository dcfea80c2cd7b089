import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Fact {
  readonly what: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const script = fileURLToPath(new URL('../../bench/observe/steady.mjs', import.meta.url));

test('observing leaves no bytes behind, and a thousand mounts under StrictMode no listeners and timers', async () => {
  const run = promisify(execFile)(process.execPath, [script, '--facts', '--json'], { encoding: 'utf8' });
  // When a fact does not hold it exits with 1 and has written its rows all the same.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const facts = JSON.parse(stdout) as Fact[];
  expect(facts).toHaveLength(2);
  expect(facts.filter(({ isMet }) => !isMet)).toEqual([]);
}, 240_000);
