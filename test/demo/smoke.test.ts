import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';

const start = fileURLToPath(new URL('../../demo/start.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchback-test-demo-'));
  return () => rm(folder, { recursive: true, force: true });
});

interface Demo {
  readonly process: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

function startDemo(...given: string[]): Demo {
  const process_ = spawn(process.execPath, [start, ...given], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const note = (chunk: Buffer): void => void (output += chunk.toString());
  process_.stdout.on('data', note);
  process_.stderr.on('data', note);
  const ended = new Promise<number | null>((resolve) => process_.once('exit', resolve));
  onTestFinished(async () => {
    process_.kill('SIGTERM');
    await ended;
  });
  return { process: process_, output: () => output, ended };
}

const leftFolders = async (): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('switchback-demo-'));

const isListening = (port: number): Promise<boolean> =>
  new Promise((tell) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      tell(true);
    });
    socket.once('error', () => tell(false));
  });

test('passes its own smoke run and leaves nothing behind', { timeout: 120_000 }, async () => {
  const demo = startDemo('--smoke');
  const exitCode = await demo.ended;
  expect({ exitCode, output: demo.output() }).toMatchObject({ exitCode: 0 });
  expect(demo.output().match(/^ok {6}/gm)).toHaveLength(15);
  expect(demo.output()).not.toMatch(/^failed/m);
  expect(await leftFolders()).toEqual([]);
});

test(
  'serves the app, keeps the token from everybody but its own page, and cleans up on SIGTERM',
  { timeout: 60_000 },
  async () => {
    const demo = startDemo();
    await expect.poll(demo.output, { timeout: 30_000 }).toContain('ends the demo');
    const found = (pattern: RegExp): string => pattern.exec(demo.output())?.[1] ?? '';
    const app = found(/App +(\S+)/);
    const token = (await readFile(found(/Token +(\S+)/), 'utf8')).trim();
    const ports = [app, found(/Service +(\S+)/), found(/SQL .*?(postgresql:\S+)/)].map((url) =>
      Number(new URL(url).port),
    );
    expect(ports.filter((port) => port > 0 && port < 32_768)).toHaveLength(3);

    const page = await (await fetch(app)).text();
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
    expect(page + (await (await fetch(app + script)).text())).not.toContain(token);
    expect(demo.output()).not.toContain(token);

    const status = async (headers: Record<string, string>, method = 'GET'): Promise<number> =>
      (await fetch(`${app}/demo-admin/api/features`, { method, headers })).status;
    expect(await status({})).toBe(403);
    expect(await status({}, 'POST')).toBe(403);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: app })).toBe(200);
    expect((await fetch(`${app}/api/features`)).status).toBe(401);
    expect((await fetch(`${app}/demo-control/service/kill`, { method: 'POST' })).status).toBe(403);

    demo.process.kill('SIGTERM');
    expect(await demo.ended).toBe(0);
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false, false]);
    expect(await leftFolders()).toEqual([]);
  },
);

test('names an option it does not know', async () => {
  const demo = startDemo('--smok');
  expect(await demo.ended).toBe(2);
  expect(demo.output()).toContain('unknown option "--smok"');
});
