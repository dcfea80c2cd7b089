import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface SizeRow {
  readonly bundle: string;
  readonly firstLoadChunks: number;
  readonly firstLoadGzip: number;
  readonly firstLoadLimit: number;
  readonly everythingGzip: number;
  readonly everythingLimit: number;
}

const script = fileURLToPath(new URL('../../bench/size.mjs', import.meta.url));
const limits = JSON.parse(readFileSync(new URL('../../bench/size/limits.json', import.meta.url), 'utf8')) as object;

const measure = async (): Promise<readonly SizeRow[]> => {
  const run = promisify(execFile)(process.execPath, [script, '--json'], { encoding: 'utf8' });
  // Over a limit it exits with 1 and has written its rows all the same.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as SizeRow[];
};

// All sources and sinks at once, as here, no host takes: they share the hiding of a page, samples and the classes of events with
// what is loaded later. The other two are small beside what they load.
const moreChunks = new Map([
  ['./client', 4],
  ['./devtools/production', 2],
  ['./service (Node, with its libraries)', 2],
]);

test('no bundle is over its recorded limit, and none goes without one', async () => {
  const rows = await measure();
  expect(rows.map(({ bundle }) => bundle)).toEqual(Object.keys(limits));
  const hint = 'if it has to grow: node bench/size.mjs --record';
  for (const row of rows) {
    const chunks = moreChunks.get(row.bundle) ?? 1;
    expect(
      row.firstLoadChunks,
      `${row.bundle}: code shared with a later chunk is a request more at the first load`,
    ).toBe(chunks);
    const isNothing = row.bundle.endsWith('(built for production)');
    expect(row.firstLoadGzip > 500, `${row.bundle}, empty`).toBe(!isNothing);
    expect(row.firstLoadGzip, `${row.bundle}, first load; ${hint}`).toBeLessThanOrEqual(row.firstLoadLimit);
    expect(row.everythingGzip, `${row.bundle}, everything; ${hint}`).toBeLessThanOrEqual(row.everythingLimit);
  }
});
