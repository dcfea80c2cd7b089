import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  featureOfStorageKey,
  overrideStorageKey,
  parseOverride,
  overrideInSnapshot,
  overridesInQuery,
  overridesText,
  overrideText,
  parseOverrides,
} from '../../src/decide/override.js';
import { isFeatureKey } from '../../src/evaluate/snapshot.js';

const featureKey = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);
const version = fc.constantFrom('v1', 'v2');

describe('storage', () => {
  test('keys name their feature and nothing else does', () => {
    expect(overrideStorageKey('memoryPanel')).toBe('switchback:override:memoryPanel');
    expect(featureOfStorageKey('switchback:override:memoryPanel')).toBe('memoryPanel');
    for (const key of ['memoryPanel', 'switchback:snapshot', 'x-switchback:override:a'])
      expect(featureOfStorageKey(key)).toBeUndefined();
  });

  test('keys read back to their feature', () => {
    fc.assert(
      fc.property(featureKey, (feature) => {
        expect(featureOfStorageKey(overrideStorageKey(feature))).toBe(feature);
      }),
    );
  });

  test('only v1 and v2 are values', () => {
    expect([parseOverride('v1'), parseOverride('v2')]).toEqual([{ version: 'v1' }, { version: 'v2' }]);
    const other = fc.anything().filter((value) => !/^v[12](@\d{1,15})?$/.test(typeof value === 'string' ? value : ''));
    const near = [
      'V2',
      ' v2',
      'v2 ',
      '"v2"',
      'v3',
      'true',
      'v2\n',
      'v2@',
      'v2@-1',
      'v2@1e9',
      'v2@1234567890123456',
      'v2@1@2',
    ];
    fc.assert(
      fc.property(fc.oneof(other, fc.constantFrom(...near)), (value) => {
        expect(parseOverride(value)).toBeUndefined();
      }),
    );
  });
});

test('a time to end at reads back', () => {
  expect(parseOverride('v2@1770000000000')).toEqual({ version: 'v2', untilMs: 1_770_000_000_000 });
  fc.assert(
    fc.property(version, fc.integer({ min: 1, max: 999_999_999_999_999 }), (chosen, untilMs) => {
      expect(parseOverride(overrideText({ version: chosen, untilMs }))).toEqual({ version: chosen, untilMs });
    }),
  );
});

test('a list reads back', () => {
  const list = new Map([
    ['a', { version: 'v2' }],
    ['b', { version: 'v1', untilMs: 5 }],
  ] as const);
  expect(overridesText(list)).toBe('a:v2,b:v1@5');
  expect(parseOverrides(overridesText(list))).toEqual(list);
});

test.each([
  [{ overrides: { panel: 'v2' } }, { version: 'v2' }],
  [{ overrides: { panel: 'v3' } }, undefined],
  [{ overrides: Object.create({ panel: 'v2' }) }, undefined],
  [{ overrides: null }, undefined],
  [{}, undefined],
  [null, undefined],
  ['rubbish', undefined],
])('what a snapshot says was forced: %j', (snapshot, expected) => {
  expect(overrideInSnapshot(snapshot, 'panel')).toEqual(expected);
});

test('a snapshot that throws forces nothing', () => {
  const hostile = Object.defineProperty({}, 'overrides', {
    get() {
      throw new Error('hostile');
    },
  });
  expect(overrideInSnapshot(hostile, 'panel')).toBeUndefined();
});

// As versions alone: none of these ends.
const parseOverrideQuery = (search: string): readonly (readonly [string, string])[] =>
  Array.from(parseOverrides(overridesInQuery(search)), ([feature, { version: chosen }]) => [feature, chosen]);

describe('the query', () => {
  test.each([
    ['?switchback=memoryPanel:v2', [['memoryPanel', 'v2']]],
    ['switchback=memoryPanel:v2', [['memoryPanel', 'v2']]],
    [
      '?a=1&switchback=memoryPanel:v2,list:v1&b=2',
      [
        ['memoryPanel', 'v2'],
        ['list', 'v1'],
      ],
    ],
    [
      '?switchback=a:v1&switchback=b:v2',
      [
        ['a', 'v1'],
        ['b', 'v2'],
      ],
    ],
    ['?switchback=a:v1,a:v2', [['a', 'v2']]],
    ['?switchback=a%3Av2', [['a', 'v2']]],
    ['?switchback=a:v3,b:,:v2,c,d:v2:x,9:v2,%00:v2,e:v2', [['e', 'v2']]],
    ['?switchback=__proto__:v2,constructor:v2', [['constructor', 'v2']]],
    ['?SWITCHBACK=a:v2', []],
    ['?switchback=', []],
    ['', []],
  ] as const)('%s', (search, expected) => {
    expect([...parseOverrideQuery(search)]).toEqual(expected);
  });

  test('reads back what was written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(featureKey, version), { maxLength: 20, selector: ([key]) => key }),
        (pairs) => {
          const value = pairs.map(([feature, chosen]) => `${feature}:${chosen}`).join(',');
          const search = `?${new URLSearchParams({ switchback: value }).toString()}`;
          expect([...parseOverrideQuery(search)]).toEqual(pairs);
        },
      ),
    );
  });

  test('never throws and gives well-formed entries only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '?switchback='), (text, before) => {
        for (const [feature, chosen] of parseOverrideQuery(before + text)) {
          expect(isFeatureKey(feature)).toBe(true);
          expect(['v1', 'v2']).toContain(chosen);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('does not take half an entry at its length limit for a whole one', () => {
    const start = '?switchback=';
    const filler = `${'x'.repeat(4_096 - start.length - ',a:v2'.length)},a:v2`;
    expect([...parseOverrideQuery(`${start}${filler}`)]).toEqual([['a', 'v2']]);
    expect([...parseOverrideQuery(`${start}${filler}x`)]).toEqual([]);
  });
});
