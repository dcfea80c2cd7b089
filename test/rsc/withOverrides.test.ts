import { describe, expect, test } from 'vitest';
import { createSwitchback } from '../../src/client/index.js';
import { defineFeatures, getDecision, getDecisions, withOverrides } from '../../src/rsc/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

const features = defineFeatures({ panel: {}, list: {} });
const context = { targetingKey: 'user-1' };
const off = rulesSnapshot({ panel: { percentage: 0 }, list: { percentage: 0 } });
const all = 'a=1; switchback=panel%3Av2%2Clist%3Av2; b=2';

const versionsOf = (snapshot: unknown) => {
  const { panel, list } = getDecisions(features, snapshot, context);
  return [panel.version, list.version];
};

describe('a request with a cookie', () => {
  test.each([
    ['all', ['v2', 'v2']],
    [['list'], ['v1', 'v2']],
    [(asked: { targetingKey?: string }) => asked.targetingKey === 'user-1', ['v2', 'v2']],
    [() => false, ['v1', 'v1']],
    [
      () => {
        throw new Error('policy');
      },
      ['v1', 'v1'],
    ],
    [false, ['v1', 'v1']],
  ] as const)('gets what the policy %s allows', (allow, versions) => {
    const snapshot = withOverrides(off, features, { cookie: all, allow: allow as 'all', context });
    expect(versionsOf(snapshot)).toEqual(versions);
  });

  test.each([
    ['none', null],
    ['another', 'other=panel%3Av2'],
    ['one with a like name', 'xswitchback=panel%3Av2; switchback2=panel:v2'],
    ['rubbish', 'switchback=%E0%A4%A'],
    ['unknown features and versions', 'switchback=pannel:v2,panel:v3,__proto__:v2'],
    ['one that expired', 'switchback=panel:v2@1000'],
    ['a very long one', `switchback=${'x'.repeat(70_000)},panel:v2`],
  ])('is as others are with %s', (_, cookie) => {
    expect(versionsOf(withOverrides(off, features, { cookie, allow: 'all' }))).toEqual(['v1', 'v1']);
  });

  test('counts one that ends later, by the time given', () => {
    const options = { cookie: 'switchback=panel:v2@1000', allow: 'all', nowMs: 999 } as const;
    expect(versionsOf(withOverrides(off, features, options))).toEqual(['v2', 'v1']);
  });

  test('gets v1 for what is killed', () => {
    const killed = rulesSnapshot({ panel: {}, list: {} }, { kills: ['panel'] });
    const snapshot = withOverrides(killed, features, { cookie: all, allow: 'all' });
    expect(getDecision(features, snapshot, context, 'panel')).toMatchObject({ version: 'v1', reason: 'ROLLED_BACK' });
    expect(getDecision(features, snapshot, context, 'list')).toMatchObject({ version: 'v2', reason: 'OVERRIDE' });
  });

  test('gets nothing forced where there is no snapshot, since nobody knows of kills', () => {
    expect(withOverrides(null, features, { cookie: all, allow: 'all' })).toBeNull();
    expect(withOverrides('rubbish', features, { cookie: all, allow: 'all' })).toBeNull();
  });

  test('hydrates with what the server rendered', () => {
    const initial = JSON.parse(JSON.stringify(withOverrides(off, features, { cookie: all, allow: ['panel'] })));
    const client = createSwitchback({ features, initial, context, storage: false, overrides: false });
    expect(client.internals.cell('panel').getForServer()).toMatchObject({ version: 'v2', reason: 'OVERRIDE' });
    expect(client.internals.cell('list').getForServer()).toMatchObject({ version: 'v1', reason: 'SPLIT' });
    // Of the browser its own policy decides.
    expect(client.isEnabled('panel')).toBe(false);
  });

  test.each([[undefined], ['none'], [{}]])('refuses the policy %j', (allow) => {
    expect(() => withOverrides(off, features, { cookie: all, allow: allow as never })).toThrow(
      /allow must be .*, found/,
    );
  });
});
