import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli, type Finished } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, startRunning } from '../service/http/running.js';

let cli: BuiltCli;
let folder: string;
beforeAll(async () => {
  cli = await buildCli();
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
  // The scripts of this project over a build of their own: another one may be under way.
  folder = await mkdtemp(fileURLToPath(new URL('../../.cache/aliases-', import.meta.url)));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'aliases', type: 'module', scripts }));
  await symlink(dirname(dirname(cli.main)), join(folder, 'dist'));
});
afterAll(async () => {
  await cli.close();
  await rm(folder, { recursive: true, force: true });
});

/** As somebody in a hurry types it. */
function npmRun(url: string, line: string): Promise<Finished> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, npm_config_update_notifier: 'false', SWITCHBACK_URL: url };
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...env, SWITCHBACK_ADMIN_TOKEN: adminToken }, shell: '/bin/sh' };
    execFile(`npm run --silent ${line}`, [], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

test('the commands of runbooks run under npm, with nothing more than they were given there', async () => {
  const store = createMemoryStore({ X: { enabled: false, percentage: 0 } });
  const { url } = await startRunning(store);
  expect(await npmRun(url, 'features:status')).toMatchObject({ code: 0, stdout: expect.stringContaining('X') });
  expect(await npmRun(url, 'features:enable -- --feature=X --percentage=10')).toMatchObject({
    code: 0,
    stdout: 'X is on at 10 %: revision 2\n',
  });
  await npmRun(url, 'features:enable -- --feature=X --percentage=20 --reason "looks good"');
  const reasons = (await store.readAudit({ limit: 2 })).map(({ reason }) => reason);
  expect(reasons).toEqual(['looks good', 'npm run features:enable']);
  expect(await npmRun(url, 'features:disable -- --feature=X')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^X is v1 for everyone: revision 4/),
  });
  expect(await npmRun(url, 'emergency:rollback')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^every feature is v1 for everyone: revision 5/),
  });
  expect(await npmRun(url, 'report:rollout')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^# Rollout at/),
  });
  // What the shell is told comes through npm.
  expect((await npmRun(url, 'features:disable -- --feature=nobody')).code).toBe(1);
  expect((await npmRun('http://127.0.0.1:1', 'features:status')).code).toBe(3);
});
