import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { bundleForNode } from '../harness/nodeBundle.js';
import { createNotes } from '../migrate/data/notes.js';

const hasTerminal = spawnSync('script', ['--version']).status === 0;

let cli: BuiltCli;
let bundle: Awaited<ReturnType<typeof bundleForNode>>;
let folder: string;
beforeAll(async () => {
  [cli, bundle, folder] = await Promise.all([
    buildCli(),
    bundleForNode(new URL('../migrate/data/filesMigration.ts', import.meta.url)),
    mkdtemp(join(tmpdir(), 'switchback-modules-')),
  ]);
});
afterAll(async () => {
  await cli.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

async function start(count = 20, env: Record<string, string> = {}) {
  const notes = await createNotes(count);
  onTestFinished(notes.remove);
  const all = { FILES_FOLDER: notes.folder, ...env };
  return {
    notes,
    env: all,
    migrate: (act: string, ...more: string[]) => cli.run(['migrate', act, bundle.path, ...more], all),
  };
}

test('runs, tells how far it is, verifies and rolls back', async () => {
  const { notes, migrate } = await start();
  expect(await migrate('status')).toMatchObject({ code: 0, stdout: 'not started\n' });
  const ran = await migrate('run');
  expect(ran).toMatchObject({ code: 0, stdout: '100 % verified: 20 of 20 compared, 20 written\n' });
  expect(ran.stderr).toMatch(/^(.+\n)+$/);
  expect(ran.stderr).toContain('copying');
  expect(ran.stderr).not.toContain('\u001b');
  expect(await notes.v2()).toEqual(notes.wanted);
  expect(await migrate('verify')).toMatchObject({ code: 0 });
  expect(await migrate('status')).toMatchObject({ code: 0, stdout: '100 % verified: 20 of 20 compared, 20 written\n' });
  expect(await migrate('rollback')).toMatchObject({ code: 0, stdout: 'removed\n' });
  expect(await notes.v2()).toEqual([]);
  expect(await notes.v1()).toBe(notes.text);
});

test('a copy that differs ends with 5 and says where, without values', async () => {
  const { notes, migrate } = await start();
  await migrate('run');
  await writeFile(join(notes.folder, 'v2', 'note-00003'), '{"body":"secret words"}');
  const verified = await migrate('verify');
  expect(verified).toMatchObject({
    code: 5,
    stdout: '100 % failed: 20 of 20 compared, 20 written\ndifferent: note-00003\n',
  });
  expect(verified.stderr).not.toContain('secret');
  expect(await migrate('status')).toMatchObject({ code: 0, stdout: expect.stringContaining('failed') });
});

test('prints one object for each line with --json', async () => {
  const { migrate } = await start();
  const { stdout, code } = await migrate('run', '--json');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { phase: string; written: number });
  expect(code).toBe(0);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.at(-1)).toMatchObject({ phase: 'verified', written: 20, problems: [] });
});

test('a signal stops it between two batches, and the same command goes on', async () => {
  const { notes, env, migrate } = await start(200, { FILES_DELAY_MS: '100' });
  const started = cli.start(['migrate', 'run', bundle.path, '--json'], env);
  await started.line(/"phase":"copying"/);
  started.child.kill('SIGINT');
  const { code, stderr } = await started.finished;
  expect(code).toBe(130);
  expect(stderr).toMatch(/^switchback: stopped, .*copying: \d+ of 200 read.*; the same command goes on from there\n$/);
  expect(await notes.phase()).toBe('copying');
  const before = (await notes.v2()).length;
  expect(before).toBeLessThan(200);
  expect(before % 5).toBe(0);
  expect(await migrate('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('200 written') });
});

test.runIf(hasTerminal)('draws one line on a terminal', async () => {
  const { env } = await start(40, { FILES_DELAY_MS: '20' });
  const command = [process.execPath, cli.main, 'migrate', 'run', bundle.path].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', SHELL: '/bin/sh', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(0);
  expect(text).toMatch(/\d+ % copying: \d+ of 40 read/);
  expect(text).toContain('\r\u001b[2K');
  expect(text.replaceAll('\r\n', '\n').split('\u001b[2K').at(-1)).toBe(
    '100 % verified: 40 of 40 compared, 40 written\n',
  );
});

const fake = (run: string) =>
  `({ run: ${run}, verify() {}, rollback() {}, load() {}, subscribe: () => () => {}, getProgress: () => ({ phase: 'new' }) })`;

test.each([
  ['none.mjs', 'export const a = 1;', [], 2, 'must export what migrateData gives, found none'],
  [
    'two.mjs',
    `export const a = ${fake('0')}; export const b = a;`.replaceAll('0,', '() => {},'),
    [],
    2,
    'has several migrations: choose one with --export (a, b)',
  ],
  [
    'other.mjs',
    `export default ${fake('() => {}')}`,
    ['--export', 'b'],
    2,
    'must export what migrateData gives as b, found default',
  ],
  ['broken.mjs', 'throw new Error("no database")', [], 2, 'cannot be imported: no database'],
  [
    'fails.mjs',
    `export default ${fake('async () => { throw new Error("disk full") }')}`,
    [],
    1,
    'migrate run: disk full (not started)',
  ],
  // A pool that is still open does not keep it from ending.
  [
    'open.mjs',
    `setInterval(() => {}, 1000); export const close = () => console.error('closed'); export default ${fake('async () => ({ phase: "removed", problems: [] })')}`,
    [],
    0,
    'closed',
  ],
])('%s', async (name, text, more, code, message) => {
  const path = join(folder, name);
  await writeFile(path, text);
  const finished = await cli.run(['migrate', 'run', path, ...more]);
  expect(finished.stderr).toContain(message);
  expect(finished.stderr.trim().split('\n')).toHaveLength(1);
  expect(finished.code).toBe(code);
});

test('a module that is not there is named; without a subcommand it is the migration of the database', async () => {
  expect(await cli.run(['migrate', 'run', 'nowhere.mjs'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^switchback: "nowhere\.mjs" cannot be imported: .*\n$/),
  });
  expect(await cli.run(['migrate'])).toMatchObject({
    code: 2,
    stderr: 'switchback: which database? Set SWITCHBACK_DATABASE_OWNER_URL\n',
  });
  expect(await cli.run(['migrate', 'ran', 'a.mjs'])).toMatchObject({ code: 2 });
});

test('a checkpoint of another migration is refused', async () => {
  const { notes, migrate } = await start();
  await writeFile(
    join(notes.folder, 'checkpoint.json'),
    '{"migration":"other","phase":"copying","read":0,"written":0,"skipped":0,"verified":0,"compared":0,"wrong":0,"problems":[]}',
  );
  expect(await migrate('run')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the checkpoint is of the migration "other", not of "notes"'),
  });
  expect(await notes.v2()).toEqual([]);
});
