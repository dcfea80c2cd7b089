import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildCli, type BuiltCli, type Finished } from '../harness/buildCli.js';
import { runSql, startTestPostgres, type TestPostgres } from '../harness/postgres.js';
import { exchange } from '../service/http/running.js';

let cli: BuiltCli;
let postgres: TestPostgres;
let folder: string;
beforeAll(async () => {
  [cli, postgres] = await Promise.all([buildCli(), startTestPostgres()]);
  folder = await mkdtemp(join(tmpdir(), 'switchback-access-'));
});
afterAll(async () => {
  await cli.close();
  await postgres.close();
  await rm(folder, { recursive: true, force: true });
});

const readyLine = /ready at (http:\/\/127\.0\.0\.1:\d+)/;
const bootstrap = 'bootstrap-token-of-the-operators-7f3a';

/** A role without rights, with a password that nothing may show. */
async function createRole(): Promise<{ role: string; password: string }> {
  const role = `serves_${Math.random().toString(36).slice(2)}`;
  const password = `password-of-${role}`;
  await runSql(postgres.connectionString, `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  onTestFinished(
    () => void runSql(postgres.connectionString, `DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => {}),
  );
  return { role, password };
}

function asRole(url: string, username: string, password: string): string {
  const changed = new URL(url);
  [changed.username, changed.password] = [username, password];
  return changed.href;
}

test('migrates as the owner, serves as a role that owns nothing, and tokens open the doors they should', async () => {
  const owner = await postgres.createDatabase();
  const { role, password } = await createRole();
  const service = asRole(owner, role, password);
  const data = join(folder, 'own');
  const args = ['serve', '--port', '0', '--data', data];
  const serving = { SWITCHBACK_DATABASE_URL: service, SWITCHBACK_ADMIN_TOKEN: bootstrap };

  expect(await cli.run(args, serving)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('switchback migrate'),
  });
  expect(
    await cli.run(['migrate'], { SWITCHBACK_DATABASE_OWNER_URL: owner, SWITCHBACK_DATABASE_URL: service }),
  ).toMatchObject({ code: 0, stdout: expect.stringContaining(`${role} may serve it`) });
  const started = cli.start(args, serving);
  const env = { SWITCHBACK_URL: (await started.line(readyLine))[1]!, SWITCHBACK_ADMIN_TOKEN: bootstrap };
  await expect(runSql(service, 'DELETE FROM flag_audit')).rejects.toThrow('permission denied');

  const made = await cli.run(['tokens', 'create', '--name', 'ci', '--role', 'operator', '--expires-in', '90d'], env);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sbt_[\w-]{43}\n$/) });
  expect(made.stderr).toContain('token 1, ci, operator, expires 2');
  const asCi = { ...env, SWITCHBACK_ADMIN_TOKEN: made.stdout.trim() };
  expect(await cli.run(['features', 'create', 'panel'], env)).toMatchObject({ code: 0 });
  expect(await cli.run(['rollback', 'panel', '--wait', '0'], asCi)).toMatchObject({ code: 0 });
  expect(await cli.run(['tokens', 'list'], asCi)).toMatchObject({ code: 1 });
  const listed = await cli.run(['tokens', 'list'], env);
  expect(listed.stdout).toMatch(/^id +name +role +state +created by\n1 +ci +operator +expires 2\S+ +admin\n$/);
  expect(await cli.run(['tokens', 'revoke', '1'], env)).toMatchObject({ code: 0, stdout: 'token 1, ci, is revoked\n' });
  expect(await cli.run(['features', 'show', 'panel'], asCi)).toMatchObject({ code: 1 });
  for (const wrong of [
    ['tokens', 'create', '--role', 'viewer'],
    ['tokens', 'create', '--name', 'x', '--role', 'root'],
    ['tokens', 'create', '--name', 'x', '--role', 'viewer', '--expires-in', 'soon'],
    ['tokens', 'revoke', 'ci'],
    ['migrate'],
  ])
    expect(await cli.run(wrong, env)).toMatchObject({ code: 2, stdout: '' });
  started.child.kill('SIGTERM');
  expect(await started.finished).toMatchObject({ code: 0, stderr: expect.not.stringContaining('owns its tables') });
});

test('given the owner as well, serve migrates by itself; read-only it refuses changes', async () => {
  const owner = await postgres.createDatabase();
  const { role, password } = await createRole();
  const started = cli.start(['serve', '--port', '0', '--data', join(folder, 'both'), '--read-only'], {
    SWITCHBACK_DATABASE_URL: asRole(owner, role, password),
    SWITCHBACK_DATABASE_OWNER_URL: owner,
    SWITCHBACK_ADMIN_TOKEN: bootstrap,
  });
  // Nothing was migrated yet, and a read-only service does not.
  expect(await started.finished).toMatchObject({ code: 1, stderr: expect.stringContaining('switchback migrate') });
  const env = {
    SWITCHBACK_DATABASE_URL: asRole(owner, role, password),
    SWITCHBACK_DATABASE_OWNER_URL: owner,
    SWITCHBACK_ADMIN_TOKEN: bootstrap,
  };
  const first = cli.start(['serve', '--port', '0', '--data', join(folder, 'both')], env);
  await first.line(readyLine);
  first.child.kill('SIGTERM');
  await first.finished;
  const second = cli.start(['serve', '--port', '0', '--data', join(folder, 'both')], {
    ...env,
    SWITCHBACK_READ_ONLY: 'true',
  });
  const url = (await second.line(readyLine))[1]!;
  expect(
    await cli.run(['features', 'create', 'panel'], { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: bootstrap }),
  ).toMatchObject({ code: 1, stderr: expect.stringContaining('read-only') });
  second.child.kill('SIGTERM');
  await second.finished;
});

test('no secret is in any answer but its own, in any log, in the audit or in a file that others can read', async () => {
  const data = join(folder, 'secrets');
  const started = cli.start(['serve', '--port', '0', '--data', data]);
  const url = (await started.line(readyLine))[1]!;
  const psql = (await started.line(/psql: (.*)\n/))[1]!;
  const admin = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
  const password = (await readFile(join(data, 'postgres-password'), 'utf8')).trim();
  const env = { SWITCHBACK_URL: url, SWITCHBACK_DATA: data };
  const made = await cli.run(['tokens', 'create', '--name', 'ci', '--role', 'admin', '--json'], env);
  const { secret } = JSON.parse(made.stdout) as { secret: string };
  const said: string[] = [];
  const note = async (response: Promise<Response>): Promise<void> => {
    const answer = await response;
    said.push(JSON.stringify([...answer.headers]), await answer.text());
  };
  const call = (path: string, method = 'GET', body?: unknown, token = secret): Promise<void> =>
    note(
      fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'if-match': '*' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  // Secrets wherever people put them by mistake, and whatever makes the service complain.
  for (const token of [secret, admin, `${admin}x`]) {
    await call('/api/features', 'GET', undefined, token);
    await call(`/api/features?token=${token}`);
    await call(`/api/audit?feature=${token}`);
    await call(`/api/features/${token}`);
    await call(`/api/tokens/${token}`, 'DELETE');
    await call(`/api/nothing/${token}`);
    await call('/api/features', 'POST', { feature: `${token}!` });
    await call('/api/features', 'POST', { feature: 'panel', [token]: token });
    await call('/api/features/disable', 'POST', { feature: 'none', reason: `with ${token}` });
    await call('/api/emergency/rollback', 'POST', { reason: `with ${token}` });
    await call('/api/features', 'POST', {
      feature: `plain${said.length}`,
      owner: token,
      description: `it is ${token}`,
    });
    await call('/api/plans', 'POST', { feature: 'plain0', preset: 'canary', reason: `with ${token}` });
    await call('/api/features', 'POST', {
      feature: `tidy${said.length}`,
      config: { key: token },
      deny: [{ tag: '0123456789abcdef', label: token }],
    });
    await call('/api/tokens', 'POST', { name: token, role: token });
    await call('/api/metrics', 'POST', { schema: token });
    await note(fetch(`${url}/api/features`, { headers: { authorization: `Basic ${token}` } }));
    await note(fetch(`${url}/api/features`, { headers: { cookie: `token=${token}` } }));
    await note(
      fetch(`${url}/api/features`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: token }),
    );
  }
  said.push(await exchange(Number(new URL(url).port), (socket) => socket.write(`rubbish ${secret}\r\n\r\n`)));
  const owner = /postgresql:\S+/.exec(psql)![0].replace('switchback@', `switchback:${password}@`);
  const roles = await runSql(
    owner,
    `SELECT DISTINCT rolname AS name, rolsuper AS "isSuper" FROM pg_stat_activity JOIN pg_roles ON rolname = usename
      WHERE application_name LIKE 'switchback%'`,
  );
  expect(roles).toEqual([{ name: 'switchback_service', isSuper: false }]);
  await runSql(
    owner,
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL',
  );
  const ran: Finished[] = [];
  for (const args of [
    ['tokens', 'list'],
    ['features', 'status'],
    ['--token', `${secret}x`, 'features', 'status'],
    ['--url', `http://user:${secret}@127.0.0.1:1`, 'features', 'status'],
  ])
    ran.push(await cli.run(args, env));
  const audit = await runSql(owner, 'SELECT to_jsonb(entry)::text AS entry FROM flag_audit AS entry');
  // Every row of every table there is.
  const stored = await runSql(
    owner,
    "SELECT table_name AS name, query_to_xml(format('SELECT * FROM %I', table_name), true, false, '')::text AS rows FROM information_schema.tables WHERE table_schema = 'public'",
  );
  started.child.kill('SIGTERM');
  const finished = await started.finished;
  const logs = await Promise.all(
    (await readdir(data)).filter((name) => name.endsWith('.log')).map((name) => readFile(join(data, name), 'utf8')),
  );
  const everything = { said, ran, audit, stored, logs, stdout: finished.stdout, stderr: finished.stderr };
  expect(said.length).toBeGreaterThan(80);
  expect(audit.length).toBeGreaterThan(0);
  expect(stored.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['feature_flags', 'rollbacks', 'tokens', 'plans']),
  );
  for (const [what, texts] of Object.entries(everything))
    for (const hidden of [secret, admin, password, secret.slice(0, 24)])
      expect(JSON.stringify(texts).includes(hidden), `${what} shows a secret`).toBe(false);
});
