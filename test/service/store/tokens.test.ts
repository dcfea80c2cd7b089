import { expect, test } from 'vitest';
import { hashToken, makeTokenSecret, redactSecrets } from '../../../src/service/tokenSecret.js';
import { byAda, openStore } from './openStore.js';

const opened = openStore();

const tokenOf = (name: string) => {
  const secret = makeTokenSecret();
  return { secret, token: { name, role: 'operator' as const, hash: hashToken(secret), expiresAtMs: null } };
};

test('keeps the hash of a token, shows neither, and audits who made and revoked it', async () => {
  const { tokens, readAudit } = opened.store;
  const { secret, token } = tokenOf('ci');
  const made = await tokens.create({ ...token, expiresAtMs: 1_900_000_000_000 }, byAda);
  expect(made).toMatchObject({
    name: 'ci',
    role: 'operator',
    createdBy: 'ada',
    expiresAt: '2030-03-17T17:46:40.000Z',
    revokedAt: null,
  });
  const [active] = await tokens.readActive();
  expect(active).toMatchObject({ name: 'ci', role: 'operator', expiresAtMs: 1_900_000_000_000 });
  expect(Buffer.from(active!.hash)).toEqual(hashToken(secret));
  const revoked = await tokens.revoke(made.id, { ...byAda, actor: 'bob' });
  expect(revoked).toMatchObject({ id: made.id, revokedBy: 'bob', revokedAt: expect.any(String) });
  expect(await tokens.revoke(made.id, byAda)).toEqual(revoked);
  expect(await tokens.readActive()).toEqual([]);
  expect(await tokens.list()).toEqual([revoked]);
  const audit = await readAudit({ limit: 10 });
  expect(audit.map(({ action, actor, feature }) => [action, actor, feature])).toEqual([
    ['token-revoked', 'bob', null],
    ['token-created', 'ada', null],
  ]);
  const shown = JSON.stringify([audit, made, revoked]);
  for (const hidden of [secret, hashToken(secret).toString('hex'), hashToken(secret).toString('base64'), 'hash'])
    expect(shown).not.toContain(hidden);
});

test('one name stands for one token in force', async () => {
  const { tokens } = opened.store;
  const { id } = await tokens.create(tokenOf('ci').token, byAda);
  await expect(tokens.create(tokenOf('ci').token, byAda)).rejects.toMatchObject({ code: 'conflict', field: '/name' });
  await tokens.revoke(id, byAda);
  await tokens.create(tokenOf('ci').token, byAda);
  await expect(tokens.revoke(4_711, byAda)).rejects.toMatchObject({ code: 'not-found' });
});

test('nothing about a token but its end can be changed, from psql neither, and no revision is spent on it', async () => {
  const { store, sql } = opened;
  const before = await store.readState();
  const { id } = await store.tokens.create(tokenOf('ci').token, byAda);
  await expect(sql(`UPDATE tokens SET role = 'admin'`)).rejects.toThrow('can only be revoked');
  await sql('UPDATE tokens SET revoked_at = now() WHERE id = $1', [id]);
  await expect(sql('UPDATE tokens SET revoked_at = NULL')).rejects.toThrow('can only be revoked');
  expect((await store.readState()).revision).toBe(before.revision);
  expect((await store.readAudit({ limit: 1 }))[0]).toMatchObject({ action: 'token-revoked', source: 'sql' });
});

test('takes secrets out of texts, and leaves the rest', () => {
  const secret = makeTokenSecret();
  expect(secret).toMatch(/^sbt_[\w-]{43}$/);
  expect(redactSecrets(`name ${secret} cut ${secret.slice(0, 20)}`)).toBe('name sbt_… cut sbt_…');
  expect(redactSecrets('postgresql://ada:pa$$word@db:5432/x failed')).toBe('postgresql://ada:…@db:5432/x failed');
  expect(redactSecrets('Authorization: Bearer abcdefghijklmnopqrst')).toBe('Authorization: Bearer …');
  const curl = `not a bearer token; -H "Authorization: Bearer $SWITCHBACK_ADMIN_TOKEN" http://a:4400/api`;
  expect(redactSecrets(curl)).toBe(curl);
});
