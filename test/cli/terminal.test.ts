import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, openStream, startRunning } from '../service/http/running.js';

// util-linux: runs a command on a terminal of its own.
const hasTerminal = spawnSync('script', ['--version']).status === 0;
const clearLine = '\r\u001b[2K';

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  [cli, folder] = await Promise.all([buildCli(), mkdtemp(join(tmpdir(), 'switchback-terminal-'))]);
});
afterAll(async () => {
  await cli.close();
  await rm(folder, { recursive: true, force: true });
});

async function start() {
  const features = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`panel${at}`, { enabled: true }]));
  const { url } = await startRunning(createMemoryStore(features));
  const env = { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken };
  return { url, env };
}

/** What a person sees: stdout and stderr on one terminal. */
function onTerminal(args: readonly string[], env: Record<string, string>): Promise<{ code: number; text: string }> {
  const command = [process.execPath, cli.main, ...args].map((word) => `'${word}'`).join(' ');
  const { PATH = '' } = process.env;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH, TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

/** What is left on the screen. */
const lastLines = (text: string): string[] =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split(clearLine).at(-1)!)
    .filter((line) => line !== '');

const longOnes: readonly [name: string, args: readonly string[], progress: RegExp, code: number][] = [
  ['a rollback that waits for pages', ['rollback', 'panel0', '--wait', '1.5'], /1 of 1 streams have not confirmed/, 4],
  ['a report', ['report', 'rollout'], /\d+ of 12 features/, 0],
  ['the doctor', ['doctor'], /trying: stream/, 0],
  ['a sample', ['distribution', 'X', '--percentage', '5', '--samples', '200001'], /100000 of 200001 users/, 0],
];

describe('long work', () => {
  test.runIf(hasTerminal).each(longOnes)('%s shows on a terminal how far it is', async (_, args, progress, code) => {
    const { url, env } = await start();
    await (await openStream(url)).next('snapshot');
    const seen = await onTerminal(args, env);
    expect(seen.text).toMatch(progress);
    expect(seen.text).toContain(clearLine);
    expect(seen.code).toBe(code);
    // Nothing of it stays.
    expect(
      lastLines(seen.text).filter((line) => /waiting up to|of 12 features|trying:|of 200001 users/.test(line)),
    ).toEqual([]);
  });

  test.each(longOnes)('%s shows nothing of it in a pipe', async (_, args, progress, code) => {
    const { url, env } = await start();
    await (await openStream(url)).next('snapshot');
    const piped = await cli.run(args, env);
    expect(piped.code).toBe(code);
    expect(piped.stdout + piped.stderr).not.toContain('\u001b');
    if (code === 0) expect(piped.stdout).not.toMatch(progress);
  });
});

test('the first start says what takes its time', async () => {
  const started = cli.start(['serve', '--port', '0', '--data', join(folder, 'data')]);
  await started.line(/ready at/);
  started.child.kill('SIGTERM');
  expect((await started.finished).stderr).toMatch(/^switchback: creating a database in .*\n/);
});
