// Files, exports and packages that nobody uses.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runProgram } from './runProgram.js';

test('knip finds nothing unused', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = dirname(dirname(createRequire(import.meta.url).resolve('knip')));
  const args = [join(folder, 'bin/knip.js'), '--config', '.ci/knip.json', '--no-progress'];
  const { code, stdout, stderr } = await runProgram(process.execPath, args, root);
  expect(code, stdout + stderr).toBe(0);
});
