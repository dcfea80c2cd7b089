import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  featureOfStorageKey,
  overrideStorageKey,
  parseOverride,
  parseOverrideQuery,
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
    expect([parseOverride('v1'), parseOverride('v2')]).toEqual(['v1', 'v2']);
    const other = fc.anything().filter((value) => value !== 'v1' && value !== 'v2');
    fc.assert(
      fc.property(fc.oneof(other, fc.constantFrom('V2', ' v2', 'v2 ', '"v2"', 'v3', 'true')), (value) => {
        expect(parseOverride(value)).toBeUndefined();
      }),
    );
  });
});

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
