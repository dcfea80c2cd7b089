// Applies mutations of our source one by one, and runs the tests of each one's row: they have to fail.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readRows } from '../render/rows/readRows.js';
import { applyMutation } from './applyMutation.js';
import { mutations, type Mutation } from './mutations.js';

const root = join(import.meta.dirname, '../..');
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** `broken`: the mutation does not fit the source any more or no test of the row ran, so nothing is known. */
export type Outcome = 'killed' | 'survived' | 'broken';

export interface Result {
  readonly mutation: Mutation;
  readonly outcome: Outcome;
  /** What vitest said, for a mutation that was not killed. */
  readonly output: string;
}

/**
 * @param indexes of `mutations`
 * @param onResult called as each one is decided
 * @param concurrency runs at once; each starts a browser
 */
export async function runMutations(
  indexes: readonly number[],
  onResult: (result: Result) => void = () => {},
  concurrency = 2,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...indexes];
  const work = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, in as many lanes as there may be
      let result = await runMutation(index);
      // The browser did not come up, it may be. A mutation that fits nothing stays broken.
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (result.outcome === 'broken') result = await runMutation(index);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function runMutation(index: number): Promise<Result> {
  const mutation = mutations[index]!;
  const { row, project = 'rows-19-dev' } = mutation;
  try {
    applyMutation(await readFile(join(root, mutation.file), 'utf8'), mutation);
  } catch (error) {
    return { mutation, outcome: 'broken', output: String(error) };
  }
  const folder = await mkdtemp(join(tmpdir(), 'switchback-mutation-'));
  try {
    const report = join(folder, 'report.json');
    const files = new Set(readRows().get(row) ?? []);
    const vitestArguments = [
      'run',
      `--project=${project}`,
      '--bail=1',
      `--testNamePattern=${rowPattern(row)}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...[...files].map((file) => `test/render/rows/${file}`),
    ];
    const { status, output } = await run(vitestArguments, index);
    const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = JSON.parse(
      await readFile(report, 'utf8').catch(() => '{}'),
    ) as { readonly numPassedTests?: number; readonly numFailedTests?: number };
    const outcome = passed + failed === 0 ? 'broken' : status === 0 ? 'survived' : 'killed';
    return { mutation, outcome, output: outcome === 'killed' ? '' : output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Finds a row's tests by name, wherever the numbers stand: tests may be inside of a describe. */
export const rowPattern = (row: number): string => `(^| )(\\d+, )*${row}(, \\d+)*: `;

function run(vitestArguments: readonly string[], index: number): Promise<{ status: number | null; output: string }> {
  // What a test runner around this one has set is not meant for the one inside.
  const inherited = Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_ENV$/.test(name));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', SWITCHBACK_MUTATION: String(index) };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, ...vitestArguments], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

/** Draws `size` different numbers below `length`; the same ones for the same seed. */
export function drawSample(length: number, size: number, seed: number): number[] {
  const left = Array.from({ length }, (_, at) => at);
  let state = seed >>> 0;
  const next = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: Math.min(size, length) }, () => left.splice(Math.floor(next() * left.length), 1)[0]!);
}
