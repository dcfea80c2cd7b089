import { expect, test } from 'vitest';
import { makeTokenSecret } from '../../../src/service/tokenSecret.js';
import { openStore } from '../store/openStore.js';
import { startRunning } from './running.js';

const opened = openStore();
const secret = makeTokenSecret();
const ifMatch = { headers: { 'if-match': '*' } };
const panel = '/api/features/memoryPanel';

/** What is kept of anything: rows, audit, published snapshots. */
const everything = async (): Promise<string> => {
  const tables = ['feature_flags', 'rollbacks', 'flag_audit', 'plans', 'tokens', 'revisions'];
  const rows = await Promise.all(
    tables.map((table) => opened.sql(`SELECT to_jsonb(one)::text AS row FROM ${table} AS one`)),
  );
  return JSON.stringify(rows);
};

test.each<[string, string, string, unknown, string]>([
  ['a description', 'PATCH', panel, { description: `see ${secret}` }, '/description'],
  ['an owner', 'PATCH', panel, { owner: secret }, '/owner'],
  ['a reason', 'PATCH', panel, { percentage: 60, reason: `by ${secret}` }, '/reason'],
  ['a config, deep down', 'PATCH', panel, { config: { a: [{ b: secret }] } }, '/config/a/0/b'],
  ['a key of a config', 'PATCH', panel, { config: { [secret]: 1 } }, '/config/sbt_…'],
  ['a label', 'PATCH', panel, { allow: [{ tag: '0'.repeat(16), label: secret }] }, '/allow/0/label'],
  ['a user id', 'PATCH', panel, { enabledUsers: [secret] }, '/enabledUsers/0'],
  ['a new feature', 'POST', '/api/features', { feature: 'other', description: secret }, '/description'],
  ['the name of a feature', 'POST', '/api/features', { feature: secret }, '/feature'],
  [
    'an import',
    'POST',
    '/api/features/import',
    { features: [{ feature: 'other', owner: secret }] },
    '/features/0/owner',
  ],
  ['turning on', 'POST', '/api/features/enable', { feature: 'memoryPanel', reason: secret }, '/reason'],
  ['turning on by flag', 'POST', '/admin/flags', { flag: 'memoryPanel', enabled: true, reason: secret }, '/reason'],
  ['a plan', 'POST', '/api/plans', { feature: 'memoryPanel', preset: 'canary', reason: secret }, '/reason'],
  ['the name of a token', 'POST', '/api/tokens', { name: secret, role: 'viewer' }, '/name'],
  ['retiring', 'POST', `${panel}/retire`, { reason: secret }, '/reason'],
])('a token in %s is refused, by the name of the field, and kept nowhere', async (_, method, path, body, pointer) => {
  const { send, faults } = await startRunning(opened.store);
  await send('POST', '/api/features', { feature: 'memoryPanel', enabled: true, percentage: 50, reason: 'a test' });
  const refused = await send(method, path, body, ifMatch);
  expect(refused.status).toBe(422);
  const text = await refused.text();
  expect(JSON.parse(text)).toMatchObject({ errors: [{ pointer, value: '…' }] });
  expect(text).not.toContain(secret);
  expect(faults.join()).not.toContain(secret);
  expect(await everything()).not.toContain(secret);
});

test.each<[string, unknown]>([
  ['/api/features/disable', { feature: 'memoryPanel', reason: `by ${secret}` }],
  ['/admin/flags', { flag: 'memoryPanel', enabled: false, reason: `by ${secret}` }],
  ['/api/emergency/rollback', { reason: `by ${secret}` }],
])('a rollback by %s is not held up by a token in its reason: that is taken out', async (path, body) => {
  const { send, get } = await startRunning(opened.store);
  await send('POST', '/api/features', { feature: 'memoryPanel', enabled: true, percentage: 50, reason: 'a test' });
  expect((await send('POST', path, body)).status).toBe(200);
  expect(await (await get('/health/features')).json()).toMatchObject({ features: { memoryPanel: { version: 'v1' } } });
  const kept = await everything();
  expect(kept).toContain('by sbt_…');
  expect(kept).not.toContain(secret);
});

test('a plan is paused and rolled back whatever is in its reason', async () => {
  const { send } = await startRunning(opened.store);
  await send('POST', '/api/features', { feature: 'memoryPanel' });
  const { id } = (await (await send('POST', '/api/plans', { feature: 'memoryPanel', preset: 'canary' })).json()) as {
    id: number;
  };
  expect((await send('POST', `/api/plans/${id}/start`, { reason: secret })).status).toBe(422);
  expect((await send('POST', `/api/plans/${id}/start`, { reason: 'ready' })).status).toBe(200);
  expect((await send('POST', `/api/plans/${id}/pause`, { reason: secret })).status).toBe(200);
  expect((await send('POST', `/api/plans/${id}/rollback`, { reason: secret })).status).toBe(200);
  expect(await everything()).not.toContain(secret);
});

test('words about tokens are no token', async () => {
  const { send } = await startRunning(opened.store);
  const description = 'tokens begin with sbt_, as in sbt_… or sbt_example';
  expect((await send('POST', '/api/features', { feature: 'memoryPanel', description })).status).toBe(201);
});
