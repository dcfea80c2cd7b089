// The packed package under Jest, with the one line that the documentation gives.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await installFixture('jest');
});
afterAll(() => fixture?.remove());

test('Jest runs tests of v1, v2, a fallback and a rollback', async () => {
  const { code, stderr } = await fixture.run(['jest', '--ci', '--json', '--outputFile=report.json']);
  expect(code, stderr).toBe(0);
  const report = JSON.parse(await readFile(join(fixture.folder, 'report.json'), 'utf8')) as unknown;
  expect(report).toMatchObject({ success: true, numPassedTests: 4, numTotalTests: 4 });
});

test('the documentation gives the line that the project has', async () => {
  const config = await readFile(join(fixture.folder, 'jest.config.js'), 'utf8');
  const line = config
    .split('\n')
    .find((text) => text.includes('transformIgnorePatterns'))!
    .trim();
  expect(await readFile(new URL('../../docs/testing.md', import.meta.url), 'utf8')).toContain(line);
});
