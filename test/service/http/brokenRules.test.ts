import { expect, onTestFinished, test } from 'vitest';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { buildCli } from '../../harness/buildCli.js';
import { byAda, openStore } from '../store/openStore.js';
import { adminToken, startRunning, type Running } from './running.js';

const opened = openStore();

async function decide({ get }: Running, feature: string): Promise<string> {
  const parsed = parseSnapshot(await (await get('/api/snapshot')).json());
  if (parsed.status !== 'valid') throw new Error('no snapshot');
  const { version, reason } = evaluate(parsed.snapshot, feature, { targetingKey: 'user-1' }, { nowMs: Date.now() });
  return `${version} ${reason}`;
}

const start = async (): Promise<Running> => {
  for (const feature of ['apple', 'berry', 'cherry', 'plain'])
    await opened.store.createFeature(feature, { enabled: true, percentage: 100 }, byAda);
  return startRunning(opened.store);
};
const health = async ({ get }: Running) => (await get('/api/health')).json();
const patch = (running: Running, feature: string, body: unknown) =>
  running.send('PATCH', `/api/features/${feature}`, body, { headers: { 'if-match': '*' } });

test('a cycle typed into psql is v1 for those in it, told by name, and mended by a PATCH', async () => {
  const running = await start();
  await opened.sql(`UPDATE feature_flags SET requires = '{berry}' WHERE feature = 'apple'`);
  await opened.sql(`UPDATE feature_flags SET requires = '{cherry}' WHERE feature = 'berry'`);
  await opened.sql(`UPDATE feature_flags SET requires = '{apple}' WHERE feature = 'cherry'`);
  await expect
    .poll(() => health(running))
    .toMatchObject({
      status: 'degraded',
      alarms: [
        'apple is v1 for everyone: requires: apple → berry → cherry → apple is a cycle',
        'berry is v1 for everyone: requires: berry → cherry → apple → berry is a cycle',
        'cherry is v1 for everyone: requires: cherry → apple → berry → cherry is a cycle',
      ],
    });
  for (const feature of ['apple', 'berry', 'cherry']) expect(await decide(running, feature)).toBe('v1 ERROR');
  expect(await decide(running, 'plain')).toBe('v2 SPLIT');
  expect(await (await running.get('/health/features')).json()).toMatchObject({
    features: { apple: { version: 'v1' }, plain: { version: 'v2' } },
  });
  // Whoever is in it is rolled back as ever, by SQL too.
  await opened.sql(`UPDATE feature_flags SET enabled = false WHERE feature = 'berry'`);
  await expect.poll(() => decide(running, 'berry')).toBe('v1 ROLLED_BACK');
  expect((await patch(running, 'cherry', { requires: [], reason: 'mended' })).status).toBe(200);
  expect(await health(running)).toMatchObject({ status: 'ok', alarms: [] });
  expect(await decide(running, 'cherry')).toBe('v2 SPLIT');
});

test('a prerequisite that is not there is told', async () => {
  const running = await start();
  await opened.sql(`UPDATE feature_flags SET requires = '{nothing}' WHERE feature = 'apple'`);
  await expect
    .poll(() => health(running))
    .toMatchObject({ alarms: ['apple is v1 for everyone: requires nothing, which is not there'] });
  expect(await decide(running, 'apple')).toMatch(/^v1 /);
});

test('a config typed into psql against its schema is v1 with ERROR, without showing its values, until it is mended', async () => {
  const running = await start();
  const configSchema = { type: 'object', properties: { pageSize: { type: 'integer', minimum: 1 } } };
  await patch(running, 'apple', { config: { pageSize: 20 }, configSchema });
  expect(await decide(running, 'apple')).toBe('v2 SPLIT');
  await opened.sql(`UPDATE feature_flags SET config = '{"pageSize": "secret"}' WHERE feature = 'apple'`);
  await expect.poll(() => decide(running, 'apple')).toBe('v1 ERROR');
  const said = await health(running);
  expect(said).toMatchObject({
    status: 'degraded',
    alarms: [expect.stringMatching(/^apple is v1 for everyone: config\/pageSize: /)],
  });
  expect(JSON.stringify(said)).not.toContain('secret');
  expect(await (await running.get('/api/snapshot')).text()).not.toContain('secret');
  const ofrep = await running.send('POST', '/ofrep/v1/evaluate/flags/apple', { context: { targetingKey: 'user-1' } });
  expect(await ofrep.json()).toMatchObject({ value: false, metadata: { reason: 'ERROR' } });
  // A rollback by plain SQL is never held up by it.
  await opened.sql(`UPDATE feature_flags SET enabled = false WHERE feature = 'apple'`);
  await expect.poll(() => decide(running, 'apple')).toBe('v1 ROLLED_BACK');
  expect((await patch(running, 'apple', { config: { pageSize: 10 } })).status).toBe(200);
  expect(await health(running)).toMatchObject({ status: 'ok' });
});

test('doctor names them, with the cure', async () => {
  const cli = await buildCli();
  onTestFinished(() => cli.close());
  const running = await start();
  const doctor = () => cli.run(['doctor'], { SWITCHBACK_URL: running.url, SWITCHBACK_ADMIN_TOKEN: adminToken });
  expect((await doctor()).stdout).toMatch(/ok +rules/);
  await opened.sql(`UPDATE feature_flags SET requires = '{apple}' WHERE feature = 'apple'`);
  await expect.poll(() => health(running)).toMatchObject({ status: 'degraded' });
  const told = await doctor();
  expect(told.code).toBe(3);
  expect(told.stdout).toMatch(
    /FAIL +rules +apple: requires: apple → apple is a cycle; .*--requires.*switchback features edit apple/,
  );
}, 60_000);
