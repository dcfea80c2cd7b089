import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf } from '../../src/evaluate/bucket.js';
import { evaluate } from '../../src/evaluate/evaluate.js';
import type { FeatureRule, Snapshot } from '../../src/evaluate/snapshot.js';
import { ask, noonMs, publish, tagOf } from './publish.js';

const on = { enabled: true, percentage: 100 };
const tag = tagOf('panel', 'user-1');

describe('the first rule that matches decides', () => {
  const future = '2026-07-01T00:00:00Z';
  // Everything that could also match is switched on, so each row shows that it comes before the ones below.
  const everything = { ...on, deny: [tag], from: future, requires: ['off'], allow: [tag], regions: ['mars'] };
  const others = { off: { enabled: true, percentage: 0 } };

  test.each([
    ['1 emergency', { panel: everything }, { emergency: { since: future }, kills: ['panel'] }, 'v1', 'ROLLED_BACK'],
    ['2 kill, rolled back', { panel: { ...everything, rolledBack: true } }, { kills: ['panel'] }, 'v1', 'ROLLED_BACK'],
    ['2 kill, disabled', { panel: { ...everything, enabled: false } }, { kills: ['panel'] }, 'v1', 'DISABLED'],
    ['2 disabled, no kill listed', { panel: { ...everything, enabled: false } }, {}, 'v1', 'DISABLED'],
    ['3 deny list', { panel: everything }, {}, 'v1', 'DENIED'],
    ['4 unknown', {}, {}, 'v1', 'ERROR'],
    ['4 malformed', { panel: { ...everything, percentage: 101 } }, {}, 'v1', 'ERROR'],
    ['5 window', { panel: { ...everything, deny: [] } }, {}, 'v1', 'DISABLED'],
    ['6 requires', { panel: { ...everything, deny: [], from: null } }, {}, 'v1', 'PREREQUISITE'],
    ['7 allow list', { panel: { ...everything, deny: [], from: null, requires: [] } }, {}, 'v2', 'TARGETING_MATCH'],
    ['8 regions', { panel: { ...on, regions: ['mars'] } }, {}, 'v1', 'TARGETING_MATCH'],
    ['9 percentage', { panel: on }, {}, 'v2', 'SPLIT'],
  ] as const)('%s', (_, features, rest, version, reason) => {
    const assignment = ask(publish({ ...others, ...features }, rest), 'panel');
    expect(assignment).toMatchObject({ feature: 'panel', version, reason });
  });

  test.each([
    ['emergency', { panel: on }, { emergency: { since: future } }, true],
    ['a kill', { panel: on }, { kills: ['panel'] }, true],
    ['a kill of a feature nobody published', {}, { kills: ['panel'] }, true],
    ['a kill of a malformed feature', { panel: 7 }, { kills: ['panel'] }, true],
    ['a disabled feature', { panel: { enabled: false } }, {}, true],
    ['the deny list', { panel: { ...on, deny: [tag] } }, {}, true],
    ['an unknown feature', {}, {}, false],
    ['the window', { panel: { ...on, from: future } }, {}, false],
    ['the percentage', { panel: { ...on, percentage: 0 } }, {}, false],
    ['the region', { panel: { ...on, regions: ['mars'] } }, {}, false],
  ])('nothing local outranks the v1 of %s: see `kill`', (_, features, rest, kill) => {
    expect(ask(publish(features, rest), 'panel')).toMatchObject({ version: 'v1', kill });
  });
});

describe('the window', () => {
  const window = { from: '2026-06-01T12:00:00.000Z', until: '2026-06-01T13:00:00.000Z' };
  const snapshot = publish({ panel: { ...on, ...window } });

  test.each([
    ['a ms before `from`', noonMs - 1, 'v1'],
    ['at `from`', noonMs, 'v2'],
    ['a ms before `until`', noonMs + 3_599_999, 'v2'],
    ['at `until`', noonMs + 3_600_000, 'v1'],
  ])('%s gives the right version', (_, nowMs, version) => {
    expect(ask(snapshot, 'panel', { targetingKey: 'user-1' }, nowMs).version).toBe(version);
  });
});

describe('regions', () => {
  const snapshot = publish({ panel: { ...on, regions: ['eu', 'us'] }, nowhere: { ...on, regions: [] } });

  test.each([
    ['listed', 'eu', 'v2'],
    ['not listed', 'mars', 'v1'],
    ['missing', undefined, 'v1'],
    ['another case', 'EU', 'v1'],
  ])('a region that is %s', (_, region, version) => {
    expect(ask(snapshot, 'panel', { targetingKey: 'user-1', region }).version).toBe(version);
  });

  test('an empty list of regions lets nobody in', () => {
    expect(ask(snapshot, 'nowhere', { targetingKey: 'user-1', region: 'eu' }).version).toBe('v1');
  });
});

describe('allow and deny', () => {
  test('the deny list wins over the allow list', () => {
    expect(ask(publish({ panel: { ...on, deny: [tag], allow: [tag] } }), 'panel').reason).toBe('DENIED');
  });

  test('a tag of one feature says nothing of another', () => {
    const snapshot = publish({ panel: { enabled: true, allow: [tag] }, list: { enabled: true, allow: [tag] } });
    expect(ask(snapshot, 'panel').version).toBe('v2');
    expect(ask(snapshot, 'list').version).toBe('v1');
  });

  test('a user without a key is named as default-session', () => {
    const snapshot = publish({ panel: { enabled: true, allow: [tagOf('panel', 'default-session')] } });
    for (const targetingKey of [undefined, '', '  '])
      expect(ask(snapshot, 'panel', { targetingKey }).version).toBe('v2');
  });
});

describe('the percentage', () => {
  const hundredths = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100);
  const at = (percentage: number) => publish({ panel: { enabled: true, percentage } });

  test('is sticky: the same user gets the same answer', () => {
    fc.assert(
      fc.property(fc.string(), hundredths, (targetingKey, percentage) => {
        expect(ask(at(percentage), 'panel', { targetingKey })).toEqual(ask(at(percentage), 'panel', { targetingKey }));
      }),
    );
  });

  test('moves nobody out when it rises', () => {
    fc.assert(
      fc.property(fc.string(), hundredths, hundredths, (targetingKey, a, b) => {
        const lower = ask(at(Math.min(a, b)), 'panel', { targetingKey });
        const higher = ask(at(Math.max(a, b)), 'panel', { targetingKey });
        expect(lower.version === 'v2' && higher.version === 'v1').toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('lets in exactly the bucket it says, in steps of a hundredth', () => {
    fc.assert(
      fc.property(fc.string(), hundredths, (targetingKey, percentage) => {
        const assignment = ask(at(percentage), 'panel', { targetingKey });
        const bucket = bucketOf('panel', targetingKey);
        expect(assignment.bucket).toBe(bucket);
        expect(assignment.version).toBe(bucket < Math.round(percentage * 100) ? 'v2' : 'v1');
      }),
      { numRuns: 1_000 },
    );
  });

  test('assigns whole percents by the first 8 hex digits mod 100', async () => {
    const { createHash } = await import('node:crypto');
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 0, max: 100 }), (targetingKey, percentage) => {
        const n = Number.parseInt(createHash('sha256').update(`panel:${targetingKey}`).digest('hex').slice(0, 8), 16);
        const version = n % 100 < percentage ? 'v2' : 'v1';
        expect(ask(at(percentage), 'panel', { targetingKey }).version).toBe(version);
      }),
      { numRuns: 1_000 },
    );
  });

  test('puts its border between two buckets at every hundredth, whatever floats make of it', () => {
    const inBucket = (bucket: number) => () => ({ bucket, tag: '0'.repeat(16), subject: '0'.repeat(24) });
    const at100 = publish({ panel: { enabled: true, percentage: 100 } });
    const rule = at100.features.get('panel') as FeatureRule;
    for (let n = 1; n < 10_000; n++) {
      const snapshot = { ...at100, features: new Map([['panel', { ...rule, percentage: n / 100 }]]) } as Snapshot;
      const versionIn = (bucket: number) =>
        evaluate(snapshot, 'panel', {}, { nowMs: noonMs, digestOf: inBucket(bucket) }).version;
      if (versionIn(n - 1) !== 'v2' || versionIn(n) !== 'v1') throw new Error(`${n / 100} % has its border elsewhere`);
    }
  });

  test('0 lets in nobody and 100 everybody', () => {
    for (let index = 0; index < 2_000; index++) {
      expect(ask(at(0), 'panel', { targetingKey: `user-${index}` }).version).toBe('v1');
      expect(ask(at(100), 'panel', { targetingKey: `user-${index}` }).version).toBe('v2');
    }
  });

  test('comes with its bucket; other reasons come without', () => {
    expect(ask(at(50), 'panel').bucket).toBe(bucketOf('panel', 'user-1'));
    expect(ask(publish({}), 'panel')).not.toHaveProperty('bucket');
  });

  test('asks the digest it is given', () => {
    const digestOf = () => ({ bucket: 4_999, tag: '0'.repeat(16), subject: '0'.repeat(24) });
    const context = { targetingKey: 'user-1' };
    expect(evaluate(at(50), 'panel', context, { nowMs: noonMs, digestOf }).version).toBe('v2');
    expect(evaluate(at(49.99), 'panel', context, { nowMs: noonMs, digestOf }).version).toBe('v1');
  });
});

describe('finished assignments', () => {
  const assignments = (panel: object, rest: object = {}) => publish({ panel }, { kind: 'assignments', ...rest });

  test.each([
    [{ version: 'v2', reason: 'SPLIT' }, 'v2', 'SPLIT', false],
    [{ version: 'v2', reason: 'TARGETING_MATCH' }, 'v2', 'TARGETING_MATCH', false],
    [{ version: 'v1', reason: 'ROLLED_BACK' }, 'v1', 'ROLLED_BACK', true],
    [{ version: 'v1', reason: 'DENIED' }, 'v1', 'DENIED', true],
    [{ version: 'v2', reason: 'of another engine' }, 'v2', 'UNKNOWN', false],
    [{ version: 'v2' }, 'v2', 'UNKNOWN', false],
    [{ version: 'v3' }, 'v1', 'ERROR', false],
  ])('%j', (panel, version, reason, kill) => {
    expect(ask(assignments(panel), 'panel')).toEqual({ feature: 'panel', version, reason, kill });
  });

  test('are outranked by kills and by an emergency', () => {
    const panel = { version: 'v2', reason: 'SPLIT' };
    expect(ask(assignments(panel, { kills: ['panel'] }), 'panel')).toMatchObject({ version: 'v1', kill: true });
    expect(ask(assignments(panel, { emergency: { since: '' } }), 'panel')).toMatchObject({ version: 'v1', kill: true });
  });

  test.each(['DISABLED', 'ROLLED_BACK'])('say by a kill that they are %s', (reason) => {
    const killed = assignments({ version: 'v1', reason }, { kills: ['panel'] });
    expect(ask(killed, 'panel')).toEqual({ feature: 'panel', version: 'v1', reason, kill: true });
  });
});

describe('names that are special in JavaScript', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', '__proto__', 'prototype'];

  test.each(names)('%s is unknown while nobody published it', (name) => {
    for (const kind of ['rules', 'assignments']) expect(ask(publish({}, { kind }), name).reason).toBe('ERROR');
  });

  test.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'])(
    '%s is a feature like any other',
    (name) => {
      expect(ask(publish({ [name]: on }), name)).toMatchObject({ version: 'v2', reason: 'SPLIT' });
      expect(ask(publish({ [name]: on }, { kills: [name] }), name)).toMatchObject({ version: 'v1', kill: true });
      expect(ask(publish({ panel: { ...on, requires: [name] } }), 'panel').reason).toBe('PREREQUISITE');
    },
  );
});
