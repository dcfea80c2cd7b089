import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Outcome {
  readonly rows: readonly {
    readonly how: string;
    readonly streamMaxMs: number;
    readonly changeMaxMs: number;
    readonly limitMs: number;
    readonly missed: number;
  }[];
  readonly facts: {
    readonly streams: number;
    readonly ordinaryRequestMs: number;
    readonly rollback: Readonly<Record<string, number>>;
    readonly faults: readonly string[];
  };
}

const script = fileURLToPath(new URL('../../bench/tabs.mjs', import.meta.url));

test('eight tabs hold one stream, and lose nothing when the tab that has it closes or stops', async () => {
  const args = [script, '--closed', '3', '--paused', '1', '--hung', '0', '--json'];
  const run = promisify(execFile)(process.execPath, args, { encoding: 'utf8' });
  // Over a limit it exits with 1 and has written its rows all the same.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const { rows, facts } = JSON.parse(stdout) as Outcome;

  expect(rows.map(({ how, missed }) => [how, missed])).toEqual([
    ['closed', 0],
    ['paused', 0],
  ]);
  for (const { how, streamMaxMs, changeMaxMs, limitMs } of rows)
    expect(Math.max(streamMaxMs, changeMaxMs), how).toBeLessThan(limitMs);
  expect(facts.streams).toBe(1);
  // Six connections to a host are all that HTTP/1.1 has in a browser: with a stream in each tab this would wait for ever.
  expect(facts.ordinaryRequestMs).toBeLessThan(3_000);
  expect(facts.rollback).toMatchObject({ sampled: 1, confirmedWhileFrozen: 0, confirmedAfterwards: 1 });
  expect(facts.faults).toEqual([]);
}, 120_000);
