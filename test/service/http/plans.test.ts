import { expect, onTestFinished, test } from 'vitest';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { systemServiceClock } from '../../../src/service/clock.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import type { PlanGate } from '../../../src/service/plans/planGate.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { byAda, openStore } from '../store/openStore.js';
import { openStream, operatorToken, startRunning, viewerToken } from './running.js';

const opened = openStore();
const stages = [
  { percentage: 10, holdMinutes: 60 },
  { percentage: 33.33, holdMinutes: 0.5, gates: [{ kind: 'time' }, { kind: 'manual' }] },
  { percentage: 100, holdMinutes: 0 },
];

const start = async (options: Parameters<typeof startRunning>[1] = {}) => {
  await opened.store.createFeature('memoryPanel', {}, byAda);
  const running = await startRunning(opened.store, options);
  const call = async (method: string, path: string, body?: unknown, token = operatorToken) => {
    const response = await running.send(method, path, body, { token });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const ruleOf = async () => {
    const snapshot = (await (await running.get('/api/snapshot')).json()) as {
      features: { memoryPanel: Record<string, unknown> };
    };
    const { enabled, percentage, stage } = snapshot.features.memoryPanel;
    return [enabled, percentage, stage];
  };
  return { ...running, call, ruleOf };
};

test('a plan is made, started, promoted, paused, resumed and cancelled, and the snapshot names its stage', async () => {
  const { call, ruleOf } = await start();
  const made = await call('POST', '/api/plans', { feature: 'memoryPanel', stages });
  expect(made).toMatchObject({
    status: 201,
    body: {
      feature: 'memoryPanel',
      status: 'draft',
      createdBy: 'otto',
      stages: [{ gates: [{ kind: 'time' }] }, {}, {}],
    },
  });
  const path = `/api/plans/${String(made.body['id'])}`;
  expect(await ruleOf()).toEqual([false, 0, null]);
  expect(await call('POST', `${path}/start`, {})).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/reason' }] },
  });
  const started = await call('POST', `${path}/start`, { reason: 'ready' });
  expect(started).toMatchObject({
    status: 200,
    body: { status: 'running', stage: 1, enabled: true, reason: 'ready', actor: 'otto', heldUntil: expect.any(String) },
  });
  expect(started.body['auditId']).toEqual(expect.any(Number));
  const label = `p${String(made.body['id'])}`;
  expect(await ruleOf()).toEqual([true, 10, `${label}-s1`]);
  expect(await call('POST', `${path}/promote`, { reason: 'looks good' })).toMatchObject({ body: { stage: 2 } });
  expect(await ruleOf()).toEqual([true, 33.33, `${label}-s2`]);
  expect(await call('POST', `${path}/pause`)).toMatchObject({
    status: 200,
    body: { status: 'paused', cause: 'person' },
  });
  expect(await call('POST', `${path}/promote`, { reason: 'x' })).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('resume it first') },
  });
  expect(await call('POST', `${path}/resume`, { reason: 'x' })).toMatchObject({
    body: { status: 'running', stage: 2 },
  });
  expect(await call('POST', `${path}/cancel`)).toMatchObject({ body: { status: 'cancelled', stage: 2 } });
  expect(await ruleOf()).toEqual([true, 33.33, null]);
  const { body } = await call('GET', '/api/plans?feature=memoryPanel', undefined, viewerToken);
  expect(body).toMatchObject({
    plans: [{ status: 'cancelled' }],
    presets: { standard: [{ percentage: 1 }, {}, {}, {}, {}] },
  });
});

test('nobody who has v2 loses it as a plan rises', async () => {
  const { call, get } = await start();
  const rising = [0.5, 3, 12.34, 50, 100].map((percentage) => ({ percentage, holdMinutes: 0 }));
  const { body } = await call('POST', '/api/plans', { feature: 'memoryPanel', stages: rising });
  const path = `/api/plans/${String(body['id'])}`;
  let have = new Set<number>();
  for (const [at, { percentage }] of rising.entries()) {
    await call('POST', `${path}/${at === 0 ? 'start' : 'promote'}`, { reason: 'on' });
    const parsed = parseSnapshot(await (await get('/api/snapshot')).json());
    if (parsed.status !== 'valid') throw new Error(parsed.status);
    const { snapshot } = parsed;
    const nowMs = Date.now();
    const users = Array.from({ length: 2_000 }, (_, user) => user);
    const with2 = users.filter(
      (user) => evaluate(snapshot, 'memoryPanel', { targetingKey: `user-${user}` }, { nowMs }).version === 'v2',
    );
    expect(with2).toEqual(expect.arrayContaining([...have]));
    expect(Math.abs(with2.length / 20 - percentage)).toBeLessThan(7);
    have = new Set(with2);
  }
  expect(have.size).toBe(2_000);
});

test('rolling back a plan rolls its feature back and ends it, in any phase', async () => {
  const { call, ruleOf } = await start();
  const { body } = await call('POST', '/api/plans', { feature: 'memoryPanel', preset: 'standard' });
  const path = `/api/plans/${String(body['id'])}`;
  await call('POST', `${path}/start`, { reason: 'ready' });
  expect(await call('POST', `${path}/rollback`)).toMatchObject({
    status: 200,
    body: {
      status: 'rolledBack',
      stage: 1,
      enabled: false,
      rollbackId: expect.any(Number),
      revision: expect.any(Number),
    },
  });
  expect(await ruleOf()).toEqual([false, 1, null]);
  expect(await call('POST', `${path}/rollback`, { reason: 'again' })).toMatchObject({ body: { status: 'rolledBack' } });
  expect(await call('POST', `${path}/resume`, { reason: 'x' })).toMatchObject({ status: 409 });
});

test('a rollback anywhere else pauses the plan in the same revision', async () => {
  const { call, url } = await start();
  const { body } = await call('POST', '/api/plans', { feature: 'memoryPanel', preset: 'canary' });
  await call('POST', `/api/plans/${String(body['id'])}/start`, { reason: 'ready' });
  const stream = await openStream(url);
  await stream.next('snapshot');
  await opened.sql(`UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'`);
  expect((await stream.next('snapshot')).data).toMatchObject({ kills: ['memoryPanel'] });
  expect(await call('GET', `/api/plans/${String(body['id'])}`)).toMatchObject({
    body: { status: 'paused', cause: 'rollback', reason: expect.stringMatching(/^rollback \d+/) },
  });
});

test('the percentage is the plan’s while it runs: more by hand is a conflict that says what to do, less pauses', async () => {
  const { call, ruleOf, send } = await start();
  const { body } = await call('POST', '/api/plans', { feature: 'memoryPanel', stages });
  const path = `/api/plans/${String(body['id'])}`;
  await call('POST', `${path}/start`, { reason: 'ready' });
  const refusals = [
    await send('PATCH', '/api/features/memoryPanel', { percentage: 50, reason: 'x' }, { headers: { 'if-match': '*' } }),
    await send('POST', '/api/features/enable', { feature: 'memoryPanel', percentage: 50, reason: 'x' }),
  ];
  for (const refused of refusals) {
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining(`POST ${path}/pause`) });
  }
  expect(await ruleOf()).toEqual([true, 10, expect.any(String)]);
  const less = await send('PATCH', '/api/features/memoryPanel', { percentage: 5 }, { headers: { 'if-match': '*' } });
  expect(less.status).toBe(200);
  expect(await call('GET', path)).toMatchObject({ body: { status: 'paused', cause: 'percentage' } });
  expect(await call('POST', '/api/plans', { feature: 'memoryPanel', stages })).toMatchObject({ status: 409 });
});

const many = Array.from({ length: 21 }, (_, at) => ({ percentage: at, holdMinutes: 1 }));
test.each<[string, unknown, string, string]>([
  ['no stages', {}, '/stages', 'a preset'],
  ['both', { stages, preset: 'standard' }, '/stages', 'a preset'],
  ['an unknown preset', { preset: 'constructor' }, '/preset', 'standard'],
  ['an empty list', { stages: [] }, '/stages', '1 to 20'],
  ['too many', { stages: many }, '/stages', '1 to 20'],
  ['101 %', { stages: [{ percentage: 101, holdMinutes: 1 }] }, '/stages/0/percentage', '0 to 100'],
  ['thousandths', { stages: [{ percentage: 0.001, holdMinutes: 1 }] }, '/stages/0/percentage', '0.01'],
  ['text', { stages: [{ percentage: '10', holdMinutes: 1 }] }, '/stages/0/percentage', '0 to 100'],
  ['a negative hold', { stages: [{ percentage: 1, holdMinutes: -1 }] }, '/stages/0/holdMinutes', 'minutes'],
  ['no hold', { stages: [{ percentage: 1 }] }, '/stages/0/holdMinutes', ''],
  [
    'a fall',
    {
      stages: [
        { percentage: 5, holdMinutes: 1 },
        { percentage: 5, holdMinutes: 1 },
      ],
    },
    '/stages/1/percentage',
    'rise',
  ],
  [
    'an unknown gate',
    { stages: [{ percentage: 1, holdMinutes: 1, gates: [{ kind: 'latency' }] }] },
    '/stages/0/gates/0/kind',
    '"latency"; there are time, manual',
  ],
  [
    'a gate called __proto__',
    { stages: [{ percentage: 1, holdMinutes: 1, gates: [{ kind: '__proto__' }] }] },
    '/stages/0/gates/0/kind',
    '__proto__',
  ],
  [
    'a gate with more',
    { stages: [{ percentage: 1, holdMinutes: 1, gates: [{ kind: 'time', minutes: 3 }] }] },
    '/stages/0/gates/0',
    'nothing else',
  ],
  ['no gate', { stages: [{ percentage: 1, holdMinutes: 1, gates: [null] }] }, '/stages/0/gates/0', 'a gate such as'],
  [
    'an unknown field',
    { stages: [{ percentage: 1, holdMinutes: 1, color: 'red' }] },
    '/stages/0/color',
    'unknown field',
  ],
  ['an unknown field outside', { stages, owner: 'web' }, '/owner', 'unknown field'],
])('%s is refused, and nothing is stored', async (_, body, pointer, message) => {
  const { call } = await start();
  const refused = await call('POST', '/api/plans', { feature: 'memoryPanel', ...(body as object) });
  expect(refused.status).toBe(422);
  expect(refused.body['errors']).toEqual(
    expect.arrayContaining([expect.objectContaining({ pointer, message: expect.stringContaining(message) })]),
  );
  expect((await call('GET', '/api/plans')).body['plans']).toEqual([]);
});

test('a viewer reads and changes nothing; what is not there is 404', async () => {
  const { call, send } = await start();
  expect(await call('POST', '/api/plans', { feature: 'unknown', stages })).toMatchObject({ status: 404 });
  const { body } = await call('POST', '/api/plans', { feature: 'memoryPanel', stages });
  const path = `/api/plans/${String(body['id'])}`;
  expect((await call('GET', path, undefined, viewerToken)).status).toBe(200);
  for (const move of ['start', 'pause', 'resume', 'promote', 'rollback', 'cancel']) {
    expect((await call('POST', `${path}/${move}`, { reason: 'x' }, viewerToken)).status).toBe(403);
    expect((await send('POST', `${path}/${move}`, { reason: 'x' }, { token: null })).status).toBe(401);
  }
  expect((await call('POST', '/api/plans', { feature: 'memoryPanel', stages }, viewerToken)).status).toBe(403);
  for (const missing of ['/api/plans/999', '/api/plans/x', '/api/plans/1e3'])
    expect((await call('GET', missing)).status).toBe(404);
  expect((await call('POST', '/api/plans/999/rollback')).status).toBe(404);
  expect(await call('GET', path)).toMatchObject({ body: { status: 'draft' } });
});

test('the service moves plans by itself, one replica at a time, and after a restart', async () => {
  const answers: string[] = [];
  const gate: PlanGate = {
    kind: 'counted',
    needsTotals: false,
    check: () => null,
    evaluate: (plan) => {
      answers.push(`${plan.stage}`);
      return { outcome: 'pass', reason: 'fine', verdict: null };
    },
  };
  const options = { planTickMs: 20, planGates: [gate] };
  const first = await start(options);
  const gates = [{ kind: 'counted' }];
  const quick = [1, 2, 3, 4].map((percentage) => ({ percentage, holdMinutes: 0.01, gates }));
  const { body } = await first.call('POST', '/api/plans', { feature: 'memoryPanel', stages: quick });
  const path = `/api/plans/${String(body['id'])}`;
  await first.call('POST', `${path}/start`, { reason: 'ready' });
  const other = await createPostgresStore({ connectionString: opened.connectionString });
  onTestFinished(() => other.close());
  await expect.poll(async () => (await first.call('GET', path)).body['stage'], { timeout: 10_000 }).toBeGreaterThan(1);
  await first.close();
  const second = await startRunning(other, options);
  const shown = async () => (await (await second.send('GET', path)).json()) as Record<string, unknown>;
  await expect.poll(async () => (await shown())['status'], { timeout: 10_000 }).toBe('completed');
  expect([...new Set(answers)]).toEqual(['1', '2', '3', '4']);
  const entries = await opened.store.readAudit({ limit: 100 });
  const stagesSeen = entries.filter(({ action }) => action === 'plan-promoted').map(({ after }) => after?.['stage']);
  expect(stagesSeen.reverse()).toEqual([2, 3, 4]);
  await expect
    .poll(async () => (await (await second.get('/api/snapshot')).json()) as object, { timeout: 10_000 })
    .toMatchObject({ features: { memoryPanel: { percentage: 4, stage: null } } });
  expect(second.faults).toEqual([]);
});

test('a read-only service moves no plan', async () => {
  const delays: number[] = [];
  const clock = {
    ...systemServiceClock,
    after(delayMs: number, run: () => void) {
      delays.push(delayMs);
      return systemServiceClock.after(delayMs, run);
    },
  };
  await startRunning(opened.store, { readOnly: true, planTickMs: 54_321, clock });
  expect(delays).not.toContain(54_321);
  await startRunning(opened.store, { planTickMs: 54_321, clock });
  expect(delays).toContain(54_321);
});

test('a store without plans has no routes of plans', async () => {
  const { send } = await startRunning(createMemoryStore());
  expect((await send('GET', '/api/plans')).status).toBe(404);
});
