import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { adminToken, startRunning } from '../service/http/running.js';

let cli: BuiltCli;
let scripts: Record<string, string>;
beforeAll(async () => {
  cli = await buildCli();
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  ({ scripts } = JSON.parse(text) as { scripts: Record<string, string> });
});
afterAll(() => cli.close());

test('the commands of runbooks work as npm scripts, with nothing more than they were given there', async () => {
  const store = createMemoryStore({ X: { enabled: false, percentage: 0 } });
  const { url } = await startRunning(store);
  const npmRun = (script: string, ...given: string[]) => {
    const [node, file, ...args] = scripts[script]!.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ''));
    expect([node, file]).toEqual(['node', 'dist/cli/main.js']);
    return cli.run([...args, ...given], { SWITCHBACK_URL: url, SWITCHBACK_ADMIN_TOKEN: adminToken });
  };
  expect(await npmRun('features:status')).toMatchObject({ code: 0, stdout: expect.stringContaining('X') });
  expect(await npmRun('features:enable', '--feature=X', '--percentage=10')).toMatchObject({
    code: 0,
    stdout: 'X is on at 10 %: revision 2\n',
  });
  await npmRun('features:enable', '--feature=X', '--percentage=20', '--reason', 'looks good');
  const reasons = (await store.readAudit({ limit: 2 })).map(({ reason }) => reason);
  expect(reasons).toEqual(['looks good', 'npm run features:enable']);
  expect((await npmRun('features:disable', '--feature=X')).code).toBe(0);
  expect((await npmRun('emergency:rollback')).code).toBe(0);
  expect(await npmRun('report:rollout')).toMatchObject({ code: 0, stdout: expect.stringContaining('# Rollout at') });
});
