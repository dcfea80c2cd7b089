import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../.ci/count.mjs', import.meta.url));
const file = (...statuses: string[]) => ({
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});

async function verdictOf(report: string | undefined, exitCode: number): Promise<{ line: string; status: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-count-'));
  try {
    const path = join(folder, 'report.json');
    if (report !== undefined) await writeFile(path, report);
    return await new Promise((resolve) => {
      execFile(process.execPath, [script, path, String(exitCode)], (error, stdout) => {
        resolve({ line: stdout.trimEnd(), status: typeof error?.code === 'number' ? error.code : 0 });
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  ['green', { success: true, testResults: [file('passed', 'passed'), file('passed')] }, 0, '3 passed, 0 failed', 0],
  [
    'skipped tests count as nothing',
    { success: true, testResults: [file('passed', 'skipped', 'todo')] },
    0,
    '1 passed, 0 failed',
    0,
  ],
  ['failed tests', { success: false, testResults: [file('passed', 'failed', 'failed')] }, 1, '1 passed, 2 failed', 1],
  [
    'a file that does not load',
    { success: false, testResults: [file('passed'), { status: 'failed', assertionResults: [] }] },
    1,
    '1 passed, 1 failed',
    1,
  ],
  ['an error outside of any test', { success: false, testResults: [file('passed')] }, 1, '1 passed, 1 failed', 1],
  [
    'a runner that fails after a green report',
    { success: true, testResults: [file('passed')] },
    1,
    '1 passed, 1 failed',
    1,
  ],
  ['no test at all', { success: true, testResults: [] }, 0, '0 passed, 1 failed', 1],
  ['a report of something else', [], 0, '0 passed, 1 failed', 1],
])('%s', async (_, report, exitCode, line, status) => {
  expect(await verdictOf(JSON.stringify(report), exitCode)).toEqual({ line, status });
});

test.each([
  ['no report, as after a failed build', undefined, 1],
  ['no report, although the runner was content', undefined, 0],
  ['half a report, as after a crash', '{"success":tr', 137],
])('%s', async (_, report, exitCode) => {
  expect(await verdictOf(report, exitCode)).toEqual({ line: '0 passed, 1 failed', status: 1 });
});
