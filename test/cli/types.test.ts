import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { adminToken, startRunning } from '../service/http/running.js';
import { byAda, openStore } from '../service/store/openStore.js';

const opened = openStore();
let cli: BuiltCli;
let folder = '';
beforeAll(async () => {
  cli = await buildCli();
  folder = await mkdtemp(join(tmpdir(), 'switchback-types-'));
});
afterAll(async () => {
  await cli.close();
  await rm(folder, { recursive: true, force: true });
});

const write = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

async function start() {
  const { url } = await startRunning(opened.store);
  return (...args: string[]) => cli.run(args, { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken });
}

test('finds nothing where code and service agree, in a module, CommonJS and JSON', async () => {
  const run = await start();
  await opened.store.createFeature('memoryPanel', { config: { pageSize: 50 }, owner: 'web' }, byAda);
  const set = { memoryPanel: { owner: 'web', config: { pageSize: 20, title: 'Memory' } } };
  const same = { code: 0, stdout: '1 feature, as the service has them\n', stderr: '' };
  for (const [name, text] of [
    ['a.mjs', `export const features = ${JSON.stringify(set)};`],
    ['b.mjs', `export default ${JSON.stringify(set)};`],
    ['c.mjs', `export const mine = ${JSON.stringify(set)};\nexport const helper = () => 1;`],
    ['d.cjs', `module.exports = ${JSON.stringify(set)};`],
    ['e.json', JSON.stringify(set)],
  ] as const)
    expect(await run('types', '--check', await write(name, text)), name).toEqual(same);
  const named = await write('f.mjs', `export const features = {};\nexport const mine = ${JSON.stringify(set)};`);
  expect(await run('types', '--check', named, '--export', 'mine')).toEqual(same);
});

test('tells each difference in one line, with its cure', async () => {
  const run = await start();
  const { store } = opened;
  const configSchema = { properties: { pageSize: { type: 'integer', maximum: 100 } } };
  await store.createFeature(
    'drifted',
    { config: { pageSize: 200, extra: true, nested: { on: 'yes' } }, removeBy: null },
    byAda,
  );
  await store.createFeature('held', { configSchema }, byAda);
  await store.createFeature('alone', {}, byAda);
  await store.createFeature('gone', {}, byAda);
  await store.retireFeature('gone', byAda);
  const set = {
    drifted: { removeBy: '2027-03-01', config: { pageSize: '20', nested: { on: true }, list: [] } },
    held: { config: { pageSize: 500 } },
    missing: {},
    gone: {},
  };
  const path = await write('drift.json', JSON.stringify(set));
  const told = await run('types', '--check', path);
  expect(told).toMatchObject({ code: 5, stderr: '' });
  expect(told.stdout.trimEnd().split('\n')).toEqual([
    'drifted.removeBy: "2027-03-01" in the code, null on the service; switchback features edit drifted --remove-by "2027-03-01", or change the code',
    'drifted.config.extra: published as true, but the code has no default for it and so no type; switchback features edit drifted --config <json>, or change the defaults in the code',
    'drifted.config.nested.on: boolean in the code, string on the service ("yes"); switchback features edit drifted --config <json>, or change the defaults in the code',
    'drifted.config.pageSize: string in the code, number on the service (200); switchback features edit drifted --config <json>, or change the defaults in the code',
    'gone: retired on the service, so v1 everywhere; take it out of the code, or switchback features restore gone --reason "…"',
    expect.stringMatching(
      /^held\.config\.pageSize: the defaults with the published settings over them break the schema: /,
    ),
    'missing: not on the service, so v1 everywhere; switchback features create missing',
    'alone: on the service, but not in this code; define it, or switchback features retire alone --reason "…"',
  ]);
  const asJson = await run('types', '--check', path, '--json');
  expect(JSON.parse(asJson.stdout)).toMatchObject({ features: 4, differs: true });
  expect(asJson.code).toBe(5);
});

test('TypeScript runs where Node strips types, and else says what to give instead', async () => {
  const run = await start();
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const path = await write('typed.ts', `export const features: Record<string, object> = { memoryPanel: {} };`);
  const done = await run('types', '--check', path);
  const strips = Boolean(Reflect.get(process.features, 'typescript'));
  if (strips) expect(done).toMatchObject({ code: 0 });
  else
    expect(done).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give its build (.js), JSON, or use Node 22.18'),
    });
});

test.each([
  [[], 2, /which code\? Give the file as --check/],
  [['--check', 'features.txt'], 2, /--check takes \.json/],
  [['--check', 'nowhere.mjs'], 1, /cannot read nowhere\.mjs: no such file/],
])('types %j exits with %i', async (args, code, message) => {
  expect(await cli.run(['types', ...args])).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
});

test.each([
  ['broken.mjs', 'throw new Error("boom\\nsecond line");', 1, /broken\.mjs does not run: boom second line/],
  ['none.mjs', 'export const answer = 42;', 2, /exports no features/],
  [
    'wrong.mjs',
    'export const features = { panel: { removeBy: "soon" } };',
    2,
    /removeBy is a date as YYYY-MM-DD, found "soon"/,
  ],
  ['bad.json', '{ "1": {} }', 2, /a key is a letter/],
  ['list.json', '[]', 2, /takes an object of features/],
  ['text.json', 'nonsense', 2, /must be JSON/],
])('%s is refused', async (name, text, code, message) => {
  const path = await write(name, text);
  expect(await cli.run(['types', '--check', path])).toMatchObject({
    code,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
});

test('reads JSON from stdin', async () => {
  const { url } = await startRunning(opened.store);
  const { child, finished } = cli.start(['types', '--check', '-'], {
    SWITCHBACK_URL: url,
    SWITCHBACK_ADMIN_TOKEN: adminToken,
  });
  child.stdin?.end('{ "memoryPanel": {} }');
  expect(await finished).toMatchObject({ code: 5, stdout: expect.stringMatching(/^memoryPanel: not on the service/) });
});

test('an export that is not there is refused with those that are', async () => {
  const path = await write('named.mjs', 'export const features = {};');
  const done = await cli.run(['types', '--check', path, '--export', 'flags']);
  expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining('exports no flags; it has features') });
});
