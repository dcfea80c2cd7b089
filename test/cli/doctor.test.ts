import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemServiceClock } from '../../src/service/clock.js';
import { createPostgresStore } from '../../src/service/postgresStore.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { startDeafProxy } from '../harness/deafProxy.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, startRunning, viewerToken } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

const examine = (url: string, args: readonly string[] = [], token = adminToken) =>
  cli.run(['doctor', ...args], { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: token });

test('finds everything well, and leaves nothing behind', async () => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const { url } = await startRunning(opened.store);
  const done = await examine(url);
  expect(done).toMatchObject({ code: 0, stderr: '' });
  expect(
    done.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ +/).slice(0, 2)),
  ).toEqual([
    ['ok', 'reachability'],
    ['ok', 'service'],
    ['ok', 'stream'],
    ['ok', 'token'],
    ['ok', 'clock'],
    ['ok', 'database'],
    ['ok', 'listen'],
    ['ok', 'write'],
    ['ok', 'rules'],
  ]);
  expect(JSON.parse((await examine(url, ['--json'])).stdout)).toMatchObject({ url, well: true });
  const state = await opened.store.readState();
  expect([state.revision, [...state.features.keys()]]).toEqual([1, ['memoryPanel']]);
  expect(await opened.store.readAudit({ limit: 10 })).toHaveLength(1);
});

test('exits with 3 and one line with the cure when nobody answers, or something else does', async () => {
  expect(await examine('http://127.0.0.1:9')).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^FAIL {2}reachability {2}cannot reach [^\n]*; start it[^\n]*\n$/),
  });
  const other = createServer((_, response) => response.end('<h1>hello</h1>'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  expect(await examine(`http://127.0.0.1:${port}`)).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('another program answers there'),
  });
});

test('finds a proxy that holds the stream back', async () => {
  const { url } = await startRunning(opened.store);
  const proxy = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = Object.entries(request.headers).filter(
        ([name]) => !['host', 'connection', 'content-length'].includes(name),
      );
      const init = { method: request.method!, headers: Object.fromEntries(headers) as Record<string, string> };
      const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
      // Buffers whole answers, so a stream never comes out.
      void fetch(url + request.url!, { ...init, ...body })
        .then(async (answer) => {
          const text = await answer.text();
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
          response.end(text);
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  const done = await examine(`http://127.0.0.1:${port}`);
  expect(done).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/FAIL +stream +no event within 3 s; a proxy holds it back/),
  });
  expect(done.stdout.match(/FAIL/g)).toHaveLength(1);
});

test('finds a pooler that drops notifications', async () => {
  const proxy = await startDeafProxy(opened.serviceUrl);
  const store = await createPostgresStore({ connectionString: proxy.url });
  onTestFinished(async () => {
    await store.close();
    await proxy.close();
  });
  const { url } = await startRunning(store);
  const done = await examine(url);
  expect(done).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/FAIL +listen +no notification within 2000 ms; a pooler/),
  });
  expect(done.stdout).toMatch(/ok +database/);
});

test('finds a database that is gone, while the service goes on from memory', async () => {
  const proxy = await startDeafProxy(opened.serviceUrl);
  const store = await createPostgresStore({ connectionString: proxy.url });
  onTestFinished(() => store.close());
  const { url, get } = await startRunning(store);
  await proxy.close();
  await expect
    .poll(async () => (await get('/api/health')).json(), { timeout: 20_000 })
    .toMatchObject({ status: 'degraded' });
  const done = await examine(url);
  expect(done.code).toBe(3);
  expect(done.stdout).toMatch(/FAIL +service +degraded; /);
  expect(done.stdout).toMatch(/ok +stream/);
  expect(done.stdout).toMatch(/FAIL +database .*look at the database and at SWITCHBACK_DATABASE_URL/);
  expect(done.stdout).not.toContain(new URL(opened.serviceUrl).password);
});

test('finds a role that may not write', async () => {
  const role = new URL(opened.serviceUrl).username;
  await opened.sql(`REVOKE INSERT ON feature_flags FROM ${role}`);
  const { url } = await startRunning(opened.store);
  expect(await examine(url)).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/FAIL +write +the database refuses this: .*; run `switchback migrate`/),
  });
});

test('finds a clock that is wrong', async () => {
  const clock = { ...systemServiceClock, now: () => Date.now() - 60_000 };
  const { url } = await startRunning(opened.store, { clock });
  expect(await examine(url)).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(
      /FAIL +clock +the service is (59|60)\.\d s behind this machine; let both machines keep time/,
    ),
  });
});

test('asks for the token of an operator, and is content with a read-only service', async () => {
  const { url } = await startRunning(opened.store);
  const refused = await examine(url, [], viewerToken);
  expect(refused).toMatchObject({ code: 3, stdout: expect.stringMatching(/FAIL +token .*needs the role operator/) });
  expect(refused.stdout).not.toContain(viewerToken);
  const readOnly = await createPostgresStore({ connectionString: opened.serviceUrl, readOnly: true });
  onTestFinished(() => readOnly.close());
  const second = await startRunning(readOnly, { readOnly: true });
  expect(await examine(second.url)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/\n- +write +this service is read-only\n/),
  });
});

test('says that a store of another kind cannot be tried', async () => {
  const { url } = await startRunning(createMemoryStore());
  expect(await examine(url)).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n- +database +the store/) });
});
