// `npm test`: everything a fresh clone needs. Builds (the CLI is tested as it is shipped), then runs every project of the tests.
// Arguments are vitest's: `npm test -- --project browser test/render`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const report = process.env['SWITCHBACK_TEST_REPORT'] ?? join(root, 'node_modules/.cache/switchback/tests.json');
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

try {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['run', '--silent', 'build'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
} catch (error) {
  console.error(`The build failed, no test ran.\n${error.stdout ?? ''}${error.stderr ?? error}`);
  process.exit(1);
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const reporters = ['default', 'json', join(root, '.ci/flaky.mjs')].map((reporter) => `--reporter=${reporter}`);
reporters.push(`--outputFile.json=${report}`);
const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
