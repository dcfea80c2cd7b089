import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, openStream, operatorToken, startRunning, type Running } from '../service/http/running.js';

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

const seed = { memoryPanel: { enabled: true, percentage: 10 }, sessionsList: { enabled: true, percentage: 50 } };
const start = (): Promise<Running> => startRunning(createMemoryStore(seed));
const run = (url: string, args: string, env: Record<string, string> = {}) =>
  cli.run(
    args.match(/"[^"]*"|\S+/g)!.map((arg) => arg.replaceAll('"', '')),
    {
      SWITCHBACK_URL: url,
      SWITCHBACK_ADMIN_TOKEN: adminToken,
      ...env,
    },
  );

test('shows all features, and one', async () => {
  const { url } = await start();
  const status = await run(url, 'features status', { SWITCHBACK_ADMIN_TOKEN: '' });
  expect(status).toEqual({
    code: 0,
    stderr: '',
    stdout: [
      'feature       version  state  percentage',
      'memoryPanel   v2       on     10 %',
      'sessionsList  v2       on     50 %',
      '',
    ].join('\n'),
  });
  const asJson = await run(url, 'features status --json');
  expect(JSON.parse(asJson.stdout)).toMatchObject({
    url,
    revision: 1,
    emergency: false,
    health: { status: 'ok' },
    features: { memoryPanel: { enabled: true, percentage: 10, killed: false, version: 'v2' } },
  });
  expect((await run(url, 'features show memoryPanel')).stdout).toMatch(/percentage +10\n/);
  const shown = await run(url, 'features show --feature=memoryPanel --json');
  expect(JSON.parse(shown.stdout)).toMatchObject({
    feature: 'memoryPanel',
    rolloutPercentage: 10,
    rollbackHistory: [],
  });
});

test('changes features as asked', async () => {
  const { url } = await start();
  expect(await run(url, 'features create newOne --percentage 5 --owner web')).toMatchObject({
    code: 0,
    stdout: 'newOne is off: revision 2\n',
  });
  expect(await run(url, 'features enable --feature=newOne --percentage=10 --reason "looks good"')).toMatchObject({
    code: 0,
    stdout: 'newOne is on at 10 %: revision 3\n',
  });
  expect(await run(url, 'features set newOne --percentage 5')).toMatchObject({
    code: 0,
    stdout: 'newOne is on at 5 %: revision 4\n',
  });
  const refused = await run(url, 'features set newOne --percentage 50');
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^switchback: \/reason: .*needs a reason\n$/),
  });
  const disabled = await run(url, 'features disable --feature=newOne --json');
  expect(JSON.parse(disabled.stdout)).toMatchObject({
    feature: 'newOne',
    enabled: false,
    revision: 5,
    rollbackId: 1,
    confirmed: true,
  });
});

test('waits for open pages and tells how many showed the rollback', async () => {
  const { url, get } = await start();
  const streams = await Promise.all(Array.from({ length: 3 }, () => openStream(url)));
  for (const stream of streams) {
    const { data } = await stream.next('hello');
    await stream.next('snapshot');
    void stream
      .next('snapshot')
      .then(({ data: { epoch, revision } }) =>
        get('/api/confirm', { method: 'POST', body: JSON.stringify({ streamId: data['streamId'], epoch, revision }) }),
      );
  }
  const done = await run(url, 'rollback memoryPanel --reason "Critical bug"');
  expect(done.stdout).toMatch(
    /^memoryPanel is v1 for everyone: revision 2, 3 of 3 streams confirmed in \d+(\.\d)? s\n$/,
  );
  expect(done).toMatchObject({ code: 0, stderr: 'to undo: switchback undo 1 --reason "…"\n' });
});

test('exits with 4 when pages do not confirm in time, and with 0 when nobody waits', async () => {
  const { url } = await start();
  await (await openStream(url)).next('snapshot');
  const unconfirmed = await run(url, 'emergency-rollback --wait 0.3 --json');
  expect(unconfirmed).toMatchObject({ code: 4, stderr: expect.stringContaining('1 of 1 streams have not confirmed') });
  expect(JSON.parse(unconfirmed.stdout)).toMatchObject({
    feature: null,
    revision: 2,
    confirmed: false,
    streams: { sampled: 1, confirmed: 0 },
  });
  expect(await run(url, 'rollback memoryPanel --wait 0')).toMatchObject({
    code: 0,
    stdout: 'memoryPanel: v1 was sent at revision 3\n',
  });
});

test('says that a feature was off already', async () => {
  const { url } = await startRunning(createMemoryStore({ memoryPanel: { enabled: false, percentage: 10 } }));
  expect(await run(url, 'rollback memoryPanel')).toMatchObject({
    code: 0,
    stdout: 'memoryPanel was v1 for everyone already: revision 2\n',
  });
});

test('undoes a rollback with a reason', async () => {
  const { url, get } = await start();
  await run(url, 'emergency-rollback');
  expect(await run(url, 'features status')).toMatchObject({ code: 0, stdout: expect.stringContaining('EMERGENCY') });
  expect(await run(url, 'undo 1')).toMatchObject({
    code: 2,
    stderr: 'switchback: why? Undoing a rollback brings v2 back: give --reason\n',
  });
  expect(await run(url, 'undo 1 --reason "found it" --features memoryPanel')).toMatchObject({
    code: 0,
    stdout: 'rollback 1 is undone: revision 3\n',
  });
  expect(await (await get('/health/features')).json()).toMatchObject({
    features: { memoryPanel: { version: 'v2' }, sessionsList: { version: 'v1' } },
  });
});

test('measures the share of random users, by rules or without a service', async () => {
  const { url } = await start();
  const byRules = JSON.parse((await run(url, 'distribution sessionsList --samples 2000 --json')).stdout);
  expect(byRules).toMatchObject({ feature: 'sessionsList', samples: 2_000 });
  expect(byRules.v1 + byRules.v2).toBe(2_000);
  // Six standard deviations.
  expect(Math.abs(byRules.share - 0.5)).toBeLessThan(0.068);
  expect(byRules.interval95[0]).toBeLessThan(byRules.share);
  expect(byRules.interval95[1]).toBeGreaterThan(byRules.share);
  const offline = await run('http://127.0.0.1:9', 'distribution anything --percentage 100');
  expect(offline).toMatchObject({
    code: 0,
    stdout: 'v2: 1000 of 1000 (100.0 %, 95 % interval 99.6 % to 100.0 %)\nv1: 0 of 1000 (0.0 %)\n',
  });
  expect((await run(url, 'distribution unknown')).code).toBe(1);
});

test.each([
  ['nonsense', /unknown command/],
  ['features', /Usage/],
  ['features show', /which feature/],
  ['features show a:b', /found "a:b"/],
  ['features show __proto__', /found "__proto__"/],
  ['features show one --feature two', /two features given/],
  ['features set memoryPanel', /--percentage/],
  ['features enable memoryPanel', /--reason/],
  ['features enable memoryPanel --percentage 101 --reason x', /0 to 100, found "101"/],
  ['rollback memoryPanel --wait soon', /--wait must be 0 to 600, found "soon"/],
  ['rollback memoryPanel --nonsense', /unknown option '--nonsense'/],
  ['undo x --reason y', /rollbackId must be a whole number/],
  ['distribution memoryPanel --samples 1.5', /whole number/],
  ['features status --url ftp://x', /--url must be an http or https address/],
  ['serve --port 70000', /--port must be a whole number, 0 to 65535, found "70000"/],
])('exits with 2 for `%s`', async (args, message) => {
  const done = await run('http://127.0.0.1:9', args);
  expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

test('prints one line for each failure and never the token', async () => {
  const { url } = await start();
  const wrong = 'wrong-token-wrong-token';
  const failures = [
    await run(url, 'features show memoryPanel', { SWITCHBACK_ADMIN_TOKEN: wrong }),
    await run(url, `features show memoryPanel --token ${wrong}`),
    await run(url, 'features show memoryPanel', { SWITCHBACK_ADMIN_TOKEN: '', SWITCHBACK_DATA: '/nonexistent' }),
    await run(url, 'features create another', { SWITCHBACK_ADMIN_TOKEN: operatorToken }),
    await run(url, 'rollback unknownFeature'),
    await run('http://127.0.0.1:9', 'rollback memoryPanel'),
  ];
  for (const { code, stdout, stderr } of failures) {
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^switchback: [^\n]+\n$/);
    expect(stderr).not.toContain(wrong);
  }
  expect(failures[0]!.stderr).toContain('$SWITCHBACK_ADMIN_TOKEN');
});

test('exits with 3 when the service is away or not well', async () => {
  expect((await run('http://127.0.0.1:9', 'features status')).code).toBe(3);
  const store = createMemoryStore(seed);
  const { url, get } = await startRunning(store);
  store.trouble = 'down';
  await store.changeOutside('memoryPanel', { percentage: 1 });
  await expect.poll(async () => (await get('/api/health')).json()).toMatchObject({ status: 'degraded' });
  expect(await run(url, 'features status')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('the service is degraded'),
  });
});

test('prints help with the exit codes', async () => {
  expect(await cli.run(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('4 rolled back but not confirmed'),
  });
});
