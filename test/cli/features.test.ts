import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../../src/evaluate/bucket.js';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { adminToken, operatorToken, startRunning } from '../service/http/running.js';
import { openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
let folder = '';
beforeAll(async () => {
  cli = await buildCli();
  folder = await mkdtemp(join(tmpdir(), 'switchback-cli-'));
});
afterAll(async () => {
  await cli.close();
  await rm(folder, { recursive: true, force: true });
});

async function start() {
  const running = await startRunning(opened.store);
  const run = (args: readonly string[] | string, env: Record<string, string> = {}) =>
    cli.run(typeof args === 'string' ? args.split(' ') : args, {
      SWITCHBACK_URL: running.url,
      SWITCHBACK_ADMIN_TOKEN: adminToken,
      ...env,
    });
  const show = async (feature: string) =>
    JSON.parse((await run(`features show ${feature} --json`)).stdout) as Record<string, unknown>;
  return { ...running, run, show };
}

test('creates and edits every field, and says what is wrong with one', async () => {
  const { run, show } = await start();
  await run('features create master');
  const schema = join(folder, 'schema.json');
  await writeFile(schema, JSON.stringify({ properties: { pageSize: { type: 'integer' } } }));
  const words =
    'features create memoryPanel --percentage 12.5 --requires master --regions eu,us --from 2027-01-31T08:00:00Z --log-only ' +
    '--sampling 0.5 --config {"pageSize":20} --owner web --remove-by 2027-03-01 --description';
  const created = await run([...words.split(' '), 'Memory panel rewrite', '--config-schema', `@${schema}`]);
  expect(created).toEqual({ code: 0, stderr: '', stdout: 'memoryPanel is off: revision 2\n' });
  expect(await show('memoryPanel')).toMatchObject({
    percentage: 12.5,
    requires: ['master'],
    regions: ['eu', 'us'],
    from: '2027-01-31T08:00:00.000Z',
    config: { pageSize: 20 },
    configSchema: { properties: { pageSize: { type: 'integer' } } },
    logOnly: true,
    sampling: 0.5,
    removeBy: '2027-03-01',
  });
  expect(await run(['features', 'edit', 'memoryPanel', '--config', '{"pageSize":"x"}'])).toMatchObject({
    code: 1,
    stderr: 'switchback: /config/pageSize: integer, found "x"\n',
  });
  const edited = await run(
    'features edit memoryPanel --no-log-only --regions none --from none --remove-by none --percentage 5 --reason back',
  );
  expect(edited).toMatchObject({
    code: 0,
    stdout: 'memoryPanel: changed percentage, regions, from, logOnly, removeBy: revision 3\n',
  });
  expect(await show('memoryPanel')).toMatchObject({ regions: null, from: null, logOnly: false, removeBy: null });
  expect(await run('features edit memoryPanel --percentage 5')).toMatchObject({
    stdout: 'memoryPanel: nothing to change: revision 3\n',
  });
  const cyclic = await run('features edit master --requires memoryPanel --reason x');
  expect(cyclic).toMatchObject({
    code: 1,
    stderr: 'switchback: requires: master → memoryPanel → master is a cycle\n',
  });
});

test.each([
  ['features edit memoryPanel', /change what/],
  ['features edit memoryPanel --reason x', /change what/],
  ['features edit memoryPanel --regions eu,,us', /separated by commas/],
  ['features edit memoryPanel --config {x', /--config must be JSON, found "\{x"/],
  ['features retire memoryPanel', /--reason/],
  ['features allow memoryPanel', /missing required argument 'users'/],
  ['features allow memoryPanel a b --label x', /one user/],
  ['features history memoryPanel --limit 0', /--limit must be/],
  ['report rollout --period soon', /--period must be a duration/],
])('exits with 2 for `%s`', async (args, message) => {
  const done = await cli.run(args.split(' '), { SWITCHBACK_URL: 'http://127.0.0.1:9' });
  expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

test('allows and denies users by a tag that is made here, and takes them off again', async () => {
  const { run, show } = await start();
  await run('features create memoryPanel');
  const tagOf = (user: string) => digestOf('memoryPanel', user).tag;
  expect(await run('features allow memoryPanel ada grace')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('/reason'),
  });
  expect(await run('features allow memoryPanel ada grace --reason pilots')).toMatchObject({
    code: 0,
    stdout: 'memoryPanel: 2 on the list allow, 2 changed: revision 2\n',
  });
  await run('features deny memoryPanel mallory --label Mallory');
  await run('features allow memoryPanel ada --remove');
  expect(await show('memoryPanel')).toMatchObject({
    allow: [{ tag: tagOf('grace') }],
    deny: [{ tag: tagOf('mallory'), label: 'Mallory' }],
  });
  expect(await run('features allow memoryPanel grace')).toMatchObject({
    stdout: 'memoryPanel: 1 on the list allow, 0 changed: revision 4\n',
  });
  expect(JSON.stringify(await opened.sql('SELECT before, after FROM flag_audit'))).not.toContain('grace');
});

test('retires a feature, tells its history all the same, and brings it back', async () => {
  const { run, show } = await start();
  await run('features create memoryPanel --enabled --percentage 100');
  expect(
    await run('features retire memoryPanel --reason done', { SWITCHBACK_ADMIN_TOKEN: operatorToken }),
  ).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('needs the role admin'),
  });
  expect(await run('features retire memoryPanel --reason done')).toMatchObject({
    code: 0,
    stdout: 'memoryPanel is retired: revision 2\n',
  });
  expect((await run('features status')).stdout).not.toContain('memoryPanel');
  const history = await run('features history memoryPanel');
  expect(history.stdout).toMatch(
    /^when +who +from +action +what +why\n2\S+Z +ada +cli +retire +retiredAt - → 2\S+ +done\n/,
  );
  expect(await show('memoryPanel')).toMatchObject({ retiredAt: expect.any(String) });
  expect(await run('features restore memoryPanel --reason again')).toMatchObject({
    code: 0,
    stdout: 'memoryPanel is back, off: revision 3\n',
  });
  expect(JSON.parse((await run('features history memoryPanel --json --limit 1')).stdout).entries).toHaveLength(1);
});

test('exports, compares and imports: 5 while they differ, all or nothing', async () => {
  const { run, send, show } = await start();
  await run('features create base');
  await run(['features', 'create', 'memoryPanel', '--requires', 'base', '--config', '{"b":1,"a":[2]}']);
  await run('features allow memoryPanel ada --reason pilot --label Ada');
  const file = join(folder, 'features.json');
  expect(await run(`features export --output ${file}`)).toMatchObject({ code: 0, stderr: `2 features in ${file}\n` });
  const text = await readFile(file, 'utf8');
  expect((await run('features export')).stdout).toBe(text);
  expect(await run(`features diff ${file}`)).toEqual({ code: 0, stderr: '', stdout: 'no difference\n' });
  expect(await run('features export nobody')).toMatchObject({ code: 1, stdout: '' });

  const document = JSON.parse(text) as { features: Record<string, unknown>[] };
  document.features[1]!['percentage'] = 20;
  document.features.push({ feature: 'newOne', owner: 'web' });
  document.features.shift();
  await writeFile(file, JSON.stringify(document));
  const shown = ['~ memoryPanel', '    percentage: 0 → 20', '+ newOne', '    owner: "web"'];
  const left = 'not in the document, left alone: base';
  for (const args of [`features diff ${file}`, `features import --dry-run ${file}`])
    expect(await run(args)).toEqual({ code: 5, stderr: '', stdout: [...shown, left, ''].join('\n') });
  expect(JSON.parse((await run(`features diff ${file} --json`)).stdout)).toMatchObject({ differs: true });
  expect(await run(`features import ${file}`)).toMatchObject({ code: 1, stderr: expect.stringContaining('/reason') });
  expect(await run(`features import ${file} --reason sync`)).toMatchObject({
    code: 0,
    stdout: [...shown, left, '2 features changed: revision 4', ''].join('\n'),
  });
  expect(await run(`features diff ${file}`)).toMatchObject({ code: 0 });
  expect(await show('memoryPanel')).toMatchObject({ percentage: 20, config: { a: [2], b: 1 } });

  document.features[1]!['owner'] = 'api';
  document.features.push({ feature: 'third', sampling: 7 });
  await writeFile(file, JSON.stringify(document));
  expect(await run(`features import ${file} --reason sync`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^switchback: \/features\/2\/sampling: 0 to 1, found 7\n$/),
  });
  expect(await (await send('GET', '/api/features/newOne')).json()).toMatchObject({ owner: 'web' });
  await writeFile(file, '{"features":[]}');
  expect(await run(`features diff ${file}`)).toMatchObject({ code: 1, stderr: expect.stringContaining('no document') });
  expect(await run('features diff /nonexistent/file')).toMatchObject({ code: 1 });
});

test('tells the status of all in the words of earlier flag systems, with reasons for who may see them', async () => {
  const { run } = await start();
  await run('features create memoryPanel --enabled --percentage 50');
  await run(['features', 'disable', '--feature=memoryPanel', '--reason', 'Performance degradation']);
  const open = JSON.parse((await run('features status --json', { SWITCHBACK_ADMIN_TOKEN: '' })).stdout);
  expect(open.features.memoryPanel).toMatchObject({ enabled: false, rolloutPercentage: 50 });
  expect(open.features.memoryPanel.rollbackHistory).toEqual([{ timestamp: expect.any(String), endedAt: null }]);
  const full = JSON.parse((await run('features status --json')).stdout);
  expect(full.features.memoryPanel.rollbackHistory).toMatchObject([
    { timestamp: expect.any(String), reason: 'Performance degradation' },
  ]);
});
