import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startService } from '../../../src/service/startService.js';
import { runSql } from '../../harness/postgres.js';
import { openStream } from '../http/running.js';

const run = promisify(execFile);
const within = { timeout: 60_000, interval: 200 };

/** A disk of its own; null where this process may not make one. */
async function mountDisk(megabytes: number): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-disk-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]).then(
    () => true,
    () => false,
  );
  if (!mounted) return null;
  onTestFinished(async () => void (await run('umount', ['--lazy', folder])));
  return folder;
}

/** Takes every byte that is left. @returns what gives it back */
async function fillDisk(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'filler');
  const file = await open(path, 'w');
  try {
    for (const size of [1_048_576, 4_096, 1])
      for (const bytes = Buffer.alloc(size); ;)
        if (
          (await file.write(bytes).then(
            ({ bytesWritten }) => bytesWritten,
            () => 0,
          )) < size
        )
          break;
  } finally {
    await file.close();
  }
  expect((await statfs(folder)).bavail).toBe(0);
  return () => rm(path);
}

test('a disk that is full refuses writes with 503, reads go on, and when there is room again all is well', async ({
  skip,
}) => {
  const disk = await mountDisk(160);
  if (disk === null) return skip('needs the right to mount a file system');
  const faults: string[] = [];
  const service = await startService({ port: 0, dataDir: join(disk, 'data'), log: (line) => faults.push(line) });
  onTestFinished(() => service.close());
  const send = (method: string, path: string, body?: object) =>
    fetch(service.url + path, {
      method,
      headers: { authorization: `Bearer ${service.adminToken}`, 'content-type': 'application/json', 'if-match': '*' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  expect((await send('POST', '/api/features', { feature: 'panel', enabled: true, percentage: 40 })).status).toBe(201);

  const stream = await openStream(service.url);
  await stream.next('snapshot');
  const giveBack = await fillDisk(disk);

  // What the database had set aside is used up first.
  let last = {};
  let refused: Response | undefined;
  for (const untilMs = Date.now() + 60_000; refused === undefined && Date.now() < untilMs;) {
    const config = { text: randomBytes(11_000).toString('base64') };
    const sentAtMs = Date.now();
    const answer = await send('PATCH', '/api/features/panel', { config });
    if (answer.status === 200) last = config;
    else refused = answer;
    // Within 2 s; the rest is for a machine that is busy.
    expect(Date.now() - sentAtMs).toBeLessThan(4_000);
  }
  expect([refused?.status, Number(refused?.headers.get('retry-after')) > 0]).toEqual([503, true]);
  expect(await refused?.json()).toMatchObject({ type: '/problems/unavailable' });
  // The caller hears that it may come back, the log why.
  expect(faults.join('\n')).toContain('No space left on device');
  expect(await (await send('GET', '/api/features/panel')).json()).toMatchObject({
    enabled: true,
    percentage: 40,
    config: last,
  });
  for (let at = 0; at < 20; at += 1) {
    expect((await fetch(`${service.url}/api/snapshot`)).status).toBe(200);
    expect((await fetch(`${service.url}/api/health`)).status).toBe(200);
  }
  // Where its own log has no room either, PostgreSQL ends, and is started again in vain.
  const write = async (): Promise<number> => {
    await runSql(service.databaseUrl, 'SELECT pg_switch_wal()').catch(() => {});
    return (await send('PATCH', '/api/features/panel', { percentage: 30 })).status;
  };
  await expect.poll(write, within).toBe(503);
  // It may refuse one for want of room in a table, with some left in its log.
  await expect.poll(() => write().then(() => faults.join('\n')), within).toContain('PostgreSQL ended unexpectedly');
  const late = await openStream(service.url);
  expect(await late.next('snapshot')).toMatchObject({ data: { kills: [] } });
  expect((await fetch(`${service.url}/api/snapshot`)).status).toBe(200);

  await giveBack();
  await expect
    .poll(async () => (await send('PATCH', '/api/features/panel', { percentage: 20 })).status, within)
    .toBe(200);
  expect(await (await send('GET', '/api/features/panel')).json()).toMatchObject({ percentage: 20, config: last });
  expect((await send('POST', '/api/features/disable', { feature: 'panel' })).status).toBe(200);
  // The same stream, all the time.
  for (;;) if (JSON.stringify((await stream.next('snapshot')).data['kills']) === '["panel"]') break;
}, 180_000);

test('a disk that is full says so where a database is to be made, and leaves nothing half made', async ({ skip }) => {
  const disk = await mountDisk(20);
  if (disk === null) return skip('needs the right to mount a file system');
  const dataDir = join(disk, 'data');
  await expect(startService({ port: 0, dataDir })).rejects.toMatchObject({
    name: 'StoreError',
    code: 'unavailable',
    message: expect.stringContaining('No space left on device'),
  });
  await run('mount', ['-o', 'remount,size=200m', disk]);
  const service = await startService({ port: 0, dataDir });
  expect((await fetch(`${service.url}/api/health`)).status).toBe(200);
  await service.close();
}, 60_000);
