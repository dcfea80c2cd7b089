import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/evaluate/evaluate.js';
import { parseSnapshot, type ParsedSnapshot } from '../../src/evaluate/parseSnapshot.js';
import { compareOrder, defaultDelivery, isFeatureKey } from '../../src/evaluate/snapshot.js';
import { ask, noonMs, publish, published } from './publish.js';

const on = { enabled: true, percentage: 100 };

function snapshotOf(parsed: ParsedSnapshot) {
  if (parsed.status !== 'valid') throw new Error(`expected a valid snapshot: ${JSON.stringify(parsed.problems)}`);
  return parsed.snapshot;
}

test('reads every published field', () => {
  const panel = {
    enabled: true,
    percentage: 12.5,
    stage: 'p7-s3',
    from: '2026-01-01T00:00:00Z',
    until: '2027-01-01T00:00:00Z',
    requires: ['list'],
    deny: ['0123456789abcdef'],
    allow: ['fedcba9876543210'],
    regions: ['eu'],
    config: { pageSize: 20 },
    sampling: 0.1,
    logOnly: true,
  };
  const snapshot = publish({ panel }, { kills: ['list'], delivery: { pollMs: 5_000 } });
  expect(snapshot).toMatchObject({ kind: 'rules', epoch: 1_795_244_451_480, revision: 412, emergency: null });
  expect(snapshot.kills).toEqual(new Set(['list']));
  expect(snapshot.delivery).toEqual({ ...defaultDelivery, pollMs: 5_000 });
  expect(snapshot.features.get('panel')).toEqual({
    enabled: true,
    rolledBack: false,
    percentage: 12.5,
    stage: 'p7-s3',
    fromMs: Date.UTC(2026, 0, 1),
    untilMs: Date.UTC(2027, 0, 1),
    requires: ['list'],
    deny: new Set(['0123456789abcdef']),
    allow: new Set(['fedcba9876543210']),
    regions: ['eu'],
    config: { pageSize: 20 },
    sampling: 0.1,
    logOnly: true,
  });
});

test('takes an empty rule as off for everyone', () => {
  expect(publish({ panel: {} }).features.get('panel')).toMatchObject({ enabled: false, percentage: 0, sampling: 1 });
});

test('ignores fields it does not know', () => {
  const parsed = parseSnapshot(published({ panel: { ...on, colour: 'red' } }, { colour: 'red' }));
  expect(parsed).toMatchObject({ status: 'valid', problems: [] });
});

describe('a malformed feature', () => {
  test.each([
    ['no object', null, ''],
    ['a list', [], ''],
    ['enabled as text', { enabled: 'yes' }, '/enabled'],
    ['a percentage above 100', { percentage: 100.01 }, '/percentage'],
    ['a negative percentage', { percentage: -1 }, '/percentage'],
    ['a percentage as text', { percentage: '50' }, '/percentage'],
    ['an impossible time', { from: 'tomorrow' }, '/from'],
    ['a time as a number', { until: 1 }, '/until'],
    ['a required feature of a bad name', { requires: ['a b'] }, '/requires'],
    ['a tag in capitals', { allow: ['ABCDEF0123456789'] }, '/allow'],
    ['a user id among the tags', { deny: ['user-1'] }, '/deny'],
    ['regions as text', { regions: 'eu' }, '/regions'],
    ['config as a list', { config: [] }, '/config'],
    ['a sampling above 1', { sampling: 2 }, '/sampling'],
    ['a long stage', { stage: 'x'.repeat(65) }, '/stage'],
    ['more tags than allowed', { allow: Array.from({ length: 10_001 }, () => '0'.repeat(16)) }, '/allow'],
  ])('(%s) is v1 with reason ERROR, says where, and leaves the others good', (_, panel, pointer) => {
    const parsed = parseSnapshot(published({ panel, list: on }));
    expect(parsed.problems.map((problem) => problem.pointer)).toEqual([`/features/panel${pointer}`]);
    expect(ask(snapshotOf(parsed), 'panel')).toMatchObject({ version: 'v1', reason: 'ERROR' });
    expect(ask(snapshotOf(parsed), 'list')).toMatchObject({ version: 'v2', reason: 'SPLIT' });
  });

  test('NaN is no percentage', () => {
    expect(parseSnapshot(published({ panel: { percentage: Number.NaN } })).problems).toHaveLength(1);
  });

  test('of a bad name is left out and named', () => {
    const parsed = parseSnapshot(
      JSON.parse(
        `{"schema":1,"kind":"rules","epoch":1,"revision":1,"features":{"__proto__":{"enabled":true},"a:b":{}}}`,
      ),
    );
    expect(snapshotOf(parsed).features.size).toBe(0);
    expect(parsed.problems.map((problem) => problem.value)).toEqual(['"__proto__"', '"a:b"']);
    expect(Object.prototype).not.toHaveProperty('enabled');
  });

  test('problems are bounded in number and length', () => {
    const features = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`f${at}`, 'x'.repeat(1_000)]));
    const { problems } = parseSnapshot(published(features));
    expect(problems).toHaveLength(100);
    for (const { value } of problems) expect(value.length).toBeLessThanOrEqual(64);
  });
});

describe('kills and the emergency survive', () => {
  test.each([
    ['another schema', { schema: 2 }],
    ['no kind', { kind: undefined }],
    ['features as a list', { features: [] }],
    ['no features', { features: undefined }],
    ['a negative revision', { revision: -1 }],
    ['an epoch as text', { epoch: '1' }],
    ['too many features', { features: Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`f${at}`, on])) }],
  ])('%s', (_, rest) => {
    const rubbish = { ...published({}), ...rest };
    expect(parseSnapshot(rubbish).status).toBe('invalid');
    expect(parseSnapshot({ ...rubbish, kills: ['panel', 7, 'a b', 'list'] })).toMatchObject({
      status: 'killsOnly',
      kills: new Set(['panel', 'list']),
      emergency: null,
    });
    expect(parseSnapshot({ ...rubbish, emergency: { since: 'now' } })).toMatchObject({
      status: 'killsOnly',
      emergency: { since: 'now' },
    });
  });

  test.each([true, 'yes', 1, [], {}, { since: 7 }, 0, ''])(
    'emergency %j counts as an emergency: when in doubt, v1',
    (emergency) => {
      expect(snapshotOf(parseSnapshot(published({ panel: on }, { emergency }))).emergency).not.toBeNull();
    },
  );

  test.each([null, undefined, false])('emergency %j counts as none', (emergency) => {
    expect(snapshotOf(parseSnapshot(published({ panel: on }, { emergency }))).emergency).toBeNull();
  });

  test('any damage elsewhere leaves a listed kill in force', () => {
    const damage = fc.dictionary(
      fc.constantFrom('schema', 'kind', 'epoch', 'revision', 'publishedAt', 'delivery', 'features', 'emergency'),
      fc.oneof(fc.anything(), fc.jsonValue()),
    );
    fc.assert(
      fc.property(damage, (damaged) => {
        const parsed = parseSnapshot({ ...published({ panel: on }), ...damaged, kills: ['panel', damaged] });
        if (parsed.status === 'valid')
          expect(ask(parsed.snapshot, 'panel')).toMatchObject({ version: 'v1', kill: true });
        else expect(parsed).toMatchObject({ status: 'killsOnly', kills: new Set(['panel']) });
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('never throws', () => {
  const anything = fc.anything({
    withNullPrototype: true,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
  });

  test('on anything', () => {
    fc.assert(
      fc.property(anything, (value) => {
        parseSnapshot(value);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['a proxy that throws', new Proxy({}, { get: fail, getOwnPropertyDescriptor: fail, ownKeys: fail, has: fail })],
    ['a getter that throws', Object.defineProperty({}, 'kills', { get: fail, enumerable: true })],
    ['a feature whose getter throws', published({ panel: Object.defineProperty({}, 'enabled', { get: fail }) })],
    [
      'a value that prints itself as nothing',
      published({ panel: { toJSON: () => undefined } }, { kills: [{ toJSON() {} }] }),
    ],
  ])('on %s', (_, value) => {
    expect(() => parseSnapshot(value)).not.toThrow();
  });

  test('while parsing or evaluating a rule with any field replaced by anything', () => {
    const rule = {
      ...on,
      stage: 's',
      from: null,
      until: null,
      requires: [],
      deny: [],
      allow: [],
      regions: null,
      config: {},
    };
    const field = fc.constantFrom(...Object.keys(rule), 'rolledBack', 'sampling', 'logOnly', 'version', 'reason');
    fc.assert(
      fc.property(field, anything, fc.constantFrom('rules', 'assignments'), anything, (name, value, kind, key) => {
        const parsed = parseSnapshot(
          published({ panel: { ...rule, [name]: value }, list: { ...on, version: 'v2' } }, { kind }),
        );
        const context = { targetingKey: key as string, region: key as string };
        expect(evaluate(snapshotOf(parsed), 'list', context, { nowMs: noonMs }).version).toBe('v2');
        expect(['v1', 'v2']).toContain(evaluate(snapshotOf(parsed), 'panel', context, { nowMs: noonMs }).version);
      }),
      { numRuns: 2_000 },
    );
  });

  test('on a good snapshot with a piece of its text cut out or doubled', () => {
    const text = JSON.stringify(published({ panel: { ...on, requires: ['list'] }, list: on }, { kills: ['other'] }));
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 3 }), (at, length, inserted) => {
        let value: unknown;
        try {
          value = JSON.parse(text.slice(0, at) + inserted + text.slice(at + length));
        } catch {
          return;
        }
        const parsed = parseSnapshot(value);
        if (parsed.status === 'valid') ask(parsed.snapshot, 'panel');
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('delivery', () => {
  test.each([
    ['pollMs', 999],
    ['pollMs', '5000'],
    ['heartbeatMs', 0],
    ['ackRate', 1.5],
    ['maxStaleMs', Number.POSITIVE_INFINITY],
    ['spreadMs', -1],
  ])('%s of %j falls back to the default and is reported', (name, value) => {
    const parsed = parseSnapshot(published({}, { delivery: { [name]: value } }));
    expect(snapshotOf(parsed).delivery).toEqual(defaultDelivery);
    expect(parsed.problems.map((problem) => problem.pointer)).toEqual([`/delivery/${name}`]);
  });
});

test('orders snapshots by epoch, then revision', () => {
  const order = (epoch: number, revision: number) => ({ epoch, revision });
  expect(compareOrder(order(2, 1), order(1, 9))).toBeGreaterThan(0);
  expect(compareOrder(order(1, 1), order(1, 2))).toBeLessThan(0);
  expect(compareOrder(order(1, 2), order(1, 2))).toBe(0);
});

test.each([
  ['a', true],
  ['memoryPanel', true],
  ['a_b.c-9', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['', false],
  ['9a', false],
  ['a:b', false],
  ['a\n', false],
  ['__proto__', false],
  [7, false],
  [null, false],
])('isFeatureKey(%j) is %s', (key, expected) => {
  expect(isFeatureKey(key)).toBe(expected);
});

function fail(): never {
  throw new Error('touched');
}
