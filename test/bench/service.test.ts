import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';

interface Fact {
  readonly what: string;
  readonly measured: string;
  readonly goal: string;
  readonly isMet: boolean | null;
}

const script = fileURLToPath(new URL('../../bench/service.mjs', import.meta.url));

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

async function facts(area: string): Promise<readonly Fact[]> {
  const args = [script, '--facts', '--only', area, '--cli', cli.main, '--json'];
  // When a fact does not hold it exits with 1 and has written its rows all the same.
  const { stdout } = await promisify(execFile)(process.execPath, args, { encoding: 'utf8' }).catch(
    (error: { stdout: string }) => error,
  );
  return JSON.parse(stdout) as Fact[];
}

test('no acknowledged batch of metrics is lost by SIGTERM, by kill -9 or with the database, and none is half stored', async () => {
  const rows = await facts('loss');
  expect(rows).toHaveLength(3);
  expect(rows.filter(({ isMet }) => isMet !== true)).toEqual([]);
}, 180_000);

test('reads of the snapshot ask the database nothing', async () => {
  const rows = await facts('reads');
  expect(rows).toHaveLength(3);
  expect(rows.filter(({ isMet }) => isMet !== true)).toEqual([]);
}, 180_000);

test('made-up names get a bounded number of series', async () => {
  const rows = await facts('labels');
  expect(rows).toHaveLength(1);
  expect(rows.filter(({ isMet }) => isMet !== true)).toEqual([]);
}, 180_000);
