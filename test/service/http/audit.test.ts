import { expect, test } from 'vitest';
import type { AuditEntry } from '../../../src/service/store.js';
import { openStore } from '../store/openStore.js';
import { startRunning } from './running.js';

const opened = openStore();

/** What one call adds to the audit, oldest first. */
async function start() {
  const { send } = await startRunning(opened.store, { planTickMs: 3_600_000 });
  let lastId = 0;
  const entries = async (): Promise<readonly AuditEntry[]> => {
    const read = await opened.store.readAudit({ limit: 1_000 });
    const added = read.filter(({ id }) => id > lastId).reverse();
    lastId = read[0]?.id ?? lastId;
    return added;
  };
  const call = async (method: string, path: string, body?: object) => {
    const answer = await send(method, path, body, { headers: { 'if-match': '*' } });
    expect(answer.status, `${method} ${path}: ${await answer.clone().text()}`).toBeLessThan(300);
    const answered = (await answer.json()) as Record<string, unknown>;
    const added = await entries();
    for (const { actor, source, requestId } of added)
      expect([actor, source, requestId]).toEqual(['ada', 'api', answer.headers.get('x-request-id')]);
    return { answered, added };
  };
  return { call, entries };
}

const shown = ({ action, feature, reason }: AuditEntry) => [action, feature, reason];

/** The fields that differ, each with what it was and what it is. */
function changed({ before, after }: AuditEntry): Record<string, readonly [unknown, unknown]> {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const quiet = ['updated_at', 'row_revision', 'updatedAt', 'rowRevision', 'changed_at', 'changedAt'];
  return Object.fromEntries(
    [...names]
      .filter((name) => !quiet.includes(name) && JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
      .map((name) => [name, [before?.[name], after?.[name]] as const]),
  );
}

test('features: created, edited in every field, retired, brought back, imported', async () => {
  const { call } = await start();
  const created = await call('POST', '/api/features', { feature: 'panel', percentage: 12.25, reason: 'new' });
  expect(created.added.map(shown)).toEqual([['create', 'panel', 'new']]);
  expect(created.added[0]).toMatchObject({ before: null, after: { feature: 'panel', percentage: 12.25 } });
  await call('POST', '/api/features', { feature: 'base' });

  const fields: Record<string, unknown> = {
    percentage: 12.5,
    allow: [{ tag: '0123456789abcdef' }],
    deny: [{ tag: 'fedcba9876543210', label: 'support' }],
    regions: ['eu'],
    from: '2026-01-01T00:00:00.000Z',
    until: '2027-01-01T00:00:00.000Z',
    requires: ['base'],
    configSchema: { type: 'object' },
    config: { pageSize: 20 },
    sampling: 0.5,
    logOnly: true,
    owner: 'web',
    description: 'a panel',
    removeBy: '2027-06-01',
  };
  for (const [name, value] of Object.entries(fields)) {
    const { added } = await call('PATCH', '/api/features/panel', { [name]: value, reason: `sets ${name}` });
    expect(added.map(shown)).toEqual([['change', 'panel', `sets ${name}`]]);
    const differences = Object.values(changed(added[0]!));
    expect(differences, name).toHaveLength(1);
    const [[before, after]] = differences as [[unknown, unknown]];
    const text = (one: unknown) => JSON.stringify(one);
    // Times are written as PostgreSQL writes them.
    if (name === 'from' || name === 'until') expect(Date.parse(String(after))).toBe(Date.parse(String(value)));
    else expect(text(after)).toBe(text(value));
    expect(text(before)).not.toBe(text(after));
  }

  const enabled = await call('POST', '/api/features/enable', { feature: 'panel', reason: 'go' });
  expect(enabled.added.map(shown)).toEqual([['enable', 'panel', 'go']]);
  expect(changed(enabled.added[0]!)).toEqual({ enabled: [false, true] });

  const retired = await call('POST', '/api/features/panel/retire', { reason: 'done' });
  expect(retired.added.map(shown)).toContainEqual(['retire', 'panel', 'done']);
  const gone = retired.added.find(({ action }) => action === 'retire')!;
  expect(changed(gone)['retired_at']).toEqual([null, expect.any(String)]);
  const restored = await call('POST', '/api/features/panel/restore', { reason: 'not done' });
  // It was on when it was retired, and is off now.
  expect(restored.added.map(shown)).toEqual([
    ['restore', 'panel', 'not done'],
    ['rollback', 'panel', 'not done'],
  ]);
  expect(changed(restored.added[0]!)).toMatchObject({ retired_at: [expect.any(String), null], enabled: [true, false] });

  const imported = await call('POST', '/api/features/import', {
    features: [
      { feature: 'other', percentage: 5 },
      { feature: 'base', owner: 'core' },
    ],
    reason: 'as in staging',
  });
  expect(imported.added.map(shown).sort()).toEqual([
    ['change', 'base', 'as in staging'],
    ['create', 'other', 'as in staging'],
  ]);
  expect(changed(imported.added.find(({ feature }) => feature === 'base')!)).toEqual({ owner: [null, 'core'] });
});

test('rollbacks of one and of all, and their undoing', async () => {
  const { call } = await start();
  for (const feature of ['panel', 'list'])
    await call('POST', '/api/features', { feature, enabled: true, percentage: 40 });
  const disabled = await call('POST', '/api/features/disable', { feature: 'panel', reason: 'broken' });
  expect(disabled.added.map(shown)).toEqual([
    ['rollback', 'panel', 'broken'],
    ['disable', 'panel', 'broken'],
  ]);
  expect(disabled.added[0]).toMatchObject({ before: null, after: { feature: 'panel', ended_at: null } });
  expect(changed(disabled.added[1]!)).toEqual({ enabled: [true, false] });
  const undone = await call('POST', `/api/rollbacks/${String(disabled.answered['rollbackId'])}/undo`, {
    reason: 'fixed',
  });
  expect(undone.added.map(shown).sort()).toEqual([
    ['enable', 'panel', 'fixed'],
    ['rollback-ended', 'panel', 'fixed'],
  ]);
  const ended = undone.added.find(({ action }) => action === 'rollback-ended')!;
  expect(changed(ended)['ended_at']).toEqual([null, expect.any(String)]);

  const emergency = await call('POST', '/api/emergency/rollback', { reason: 'all of it' });
  expect(emergency.added.map(shown)).toEqual([['emergency-rollback', null, 'all of it']]);
  expect(emergency.added[0]).toMatchObject({ before: null, after: { feature: null } });
  const back = await call('POST', `/api/rollbacks/${String(emergency.answered['rollbackId'])}/undo`, {
    reason: 'one by one',
    features: ['panel'],
  });
  expect(back.added.map(shown)).toContainEqual(['emergency-ended', null, 'one by one']);
  expect(back.added.map(shown)).toContainEqual(['disable', 'list', 'one by one']);
});

test('plans: made, started, paused, resumed, promoted, rolled back, cancelled', async () => {
  const { call } = await start();
  await call('POST', '/api/features', { feature: 'panel' });
  const stages = [10, 50, 100].map((percentage) => ({ percentage, holdMinutes: 60 }));
  const made = await call('POST', '/api/plans', { feature: 'panel', stages, reason: 'careful' });
  expect(made.added.map(shown)).toEqual([['plan-created', 'panel', 'careful']]);
  expect(made.added[0]).toMatchObject({ before: null, after: { status: 'draft' } });
  const { id } = made.answered as { id: number };
  const moves: readonly [move: string, action: string, difference: Record<string, unknown>, also: string[]][] = [
    ['start', 'plan-started', { status: ['draft', 'running'] }, ['enable']],
    ['pause', 'plan-paused', { status: ['running', 'paused'] }, []],
    ['resume', 'plan-resumed', { status: ['paused', 'running'] }, []],
    ['promote', 'plan-promoted', { stage: [1, 2] }, ['change']],
    ['rollback', 'plan-rolled-back', { status: ['paused', 'rolledBack'] }, ['plan-paused', 'rollback', 'disable']],
  ];
  for (const [move, action, difference, also] of moves) {
    const { added } = await call('POST', `/api/plans/${id}/${move}`, { reason: `to ${move}` });
    for (const { feature, reason } of added)
      expect([feature, reason], move).toEqual([
        'panel',
        expect.stringMatching(new RegExp(`^(rollback 1: )?to ${move}$`)),
      ]);
    const found = added.filter((entry) => entry.action === action);
    expect(changed(found.at(-1)!), move).toMatchObject(difference);
    expect(added.map((entry) => entry.action)).toEqual(expect.arrayContaining(also));
  }
  const second = await call('POST', '/api/plans', { feature: 'panel', preset: 'canary' });
  const cancelled = await call('POST', `/api/plans/${String(second.answered['id'])}/cancel`, { reason: 'no need' });
  expect(cancelled.added.map(shown)).toEqual([['plan-cancelled', 'panel', 'no need']]);
  expect(changed(cancelled.added[0]!)).toMatchObject({ status: ['draft', 'cancelled'] });
});

test('tokens: made and revoked, without their hash', async () => {
  const { call } = await start();
  const made = await call('POST', '/api/tokens', { name: 'ci', role: 'operator', reason: 'for CI' });
  expect(made.added.map(shown)).toEqual([['token-created', null, 'for CI']]);
  expect(made.added[0]).toMatchObject({ before: null, after: { name: 'ci', role: 'operator' } });
  const { token, secret } = made.answered as { token: { id: number }; secret: string };
  const revoked = await call('DELETE', `/api/tokens/${token.id}`);
  expect(revoked.added.map(({ action }) => action)).toEqual(['token-revoked']);
  expect(changed(revoked.added[0]!)['revoked_by']).toEqual([null, 'ada']);
  const rows = await opened.sql(
    "SELECT to_jsonb(flag_audit)::text AS entry, encode(hash, 'hex') AS hash FROM flag_audit, tokens",
  );
  for (const { entry, hash } of rows) {
    expect(entry).not.toContain(hash);
    expect(entry).not.toContain(secret.slice(0, 20));
  }
});

test('by hand in psql: changed, deleted, emptied, each with who', async () => {
  const { call, entries } = await start();
  await call('POST', '/api/features', { feature: 'panel', enabled: true });
  await opened.sql("UPDATE feature_flags SET percentage = 7 WHERE feature = 'panel'");
  const [byHand] = await entries();
  expect(byHand).toMatchObject({ action: 'change', source: 'sql', actor: expect.stringMatching(/^sql:/) });
  expect(changed(byHand!)).toEqual({ percentage: [0, 7] });
  await opened.sql("INSERT INTO rollbacks (feature, reason) VALUES ('panel', 'broken')");
  expect(await entries()).toMatchObject([{ action: 'rollback', source: 'sql', after: { reason: 'broken' } }]);
  // Its history as well, of which the service may write the end alone.
  await opened.sql("UPDATE rollbacks SET reason = 'nothing', actor = 'nobody', started_at = now()");
  const [rewritten] = await entries();
  expect(rewritten).toMatchObject({ action: 'rollback-changed', source: 'sql', feature: 'panel' });
  expect(changed(rewritten!)).toMatchObject({ reason: ['broken', 'nothing'], actor: [expect.any(String), 'nobody'] });
  await opened.sql('UPDATE rollbacks SET ended_at = now()');
  expect(await entries()).toMatchObject([{ action: 'rollback-ended', source: 'sql' }]);
  await opened.sql(
    "UPDATE feature_flags SET owner = owner WHERE feature = 'panel'; UPDATE rollbacks SET actor = actor",
  );
  expect(await entries()).toEqual([]);
  await opened.sql("DELETE FROM feature_flags WHERE feature = 'panel'");
  expect(await entries()).toContainEqual(
    expect.objectContaining({ action: 'delete', source: 'sql', before: expect.objectContaining({ percentage: 7 }) }),
  );
  await opened.sql('TRUNCATE feature_flags');
  expect(await entries()).toContainEqual(expect.objectContaining({ action: 'truncate', source: 'sql' }));
});
