// The testing kit of the packed package: Jest and Vitest, jsdom and happy-dom, React 18.3 and 19.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';

const runners = {
  jest: (dom: string) => ['jest', '--ci', '--json', '--outputFile=report.json', `--env=${jestEnvironments[dom]!}`],
  vitest: (dom: string) => ['vitest', 'run', '--reporter=json', '--outputFile=report.json', `--environment=${dom}`],
};
const jestEnvironments: Readonly<Record<string, string>> = {
  jsdom: 'jsdom',
  'happy-dom': '@happy-dom/jest-environment',
};

const isNightly = process.env['SWITCHBACK_NIGHTLY'] !== undefined;
// By day, every two of runner, DOM and React meet once; at night, each meets with each.
const pairs = {
  '18': [
    ['jest', 'happy-dom'],
    ['vitest', 'jsdom'],
  ],
  '19': [
    ['jest', 'jsdom'],
    ['vitest', 'happy-dom'],
  ],
} as const;

describe.each(['18', '19'] as const)('React %s', (major) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await installFixture('kit', `react-${major}`);
  });
  afterAll(() => fixture?.remove());

  test.each(isNightly ? [...pairs['18'], ...pairs['19']] : pairs[major])('%s with %s', async (runner, dom) => {
    const { code, stdout, stderr } = await fixture.run(runners[runner](dom), { EXPECTED: `${major} ${dom}` });
    expect(code, stdout + stderr).toBe(0);
    const report = JSON.parse(await readFile(join(fixture.folder, 'report.json'), 'utf8')) as unknown;
    const tests = major === '18' && dom === 'happy-dom' ? 10 : 11;
    expect(report).toMatchObject({ success: true, numPassedTests: tests, numTotalTests: tests });
  });
});
