import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differencesOf, isSameValue } from '../../src/migrate/sameValue.js';

test('plain values are the same exactly when their structure is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(isSameValue(a, structuredClone(a))).toBe(true);
      const isEqual = (() => {
        try {
          expect(a).toEqual(b);
          return true;
        } catch {
          return false;
        }
      })();
      expect(isSameValue(a, b)).toBe(isEqual);
      expect(isSameValue(b, a)).toBe(isSameValue(a, b));
    }),
  );
});

test.each([
  [new Date(0), new Date(0), new Date(1)],
  [new Map([['a', 1]]), new Map([['a', 1]]), new Map([['a', 2]])],
  [new Set([1]), new Set([1]), new Set([2])],
  [new Uint8Array([1]), new Uint8Array([1]), new Uint8Array([2])],
  [new Error('a'), new Error('a'), new Error('b')],
  [Number.NaN, Number.NaN, 0],
  [/a/u, /a/u, /b/u],
  [{ a: undefined }, { a: undefined }, {}],
  [
    [1, [2]],
    [1, [2]],
    [1, [3]],
  ],
])('compares %o by what it holds', (value, same, other) => {
  expect(isSameValue(value, same)).toBe(true);
  expect(isSameValue(value, other)).toBe(false);
});

test('circles, depth and size are bounded', () => {
  const circle = (): Record<string, unknown> => {
    const one: Record<string, unknown> = {};
    one['self'] = one;
    return one;
  };
  expect(isSameValue(circle(), circle())).toBe(true);
  const deep = (end: number): unknown => Array.from({ length: 5_000 }).reduce<unknown>((inner) => ({ inner }), end);
  expect(isSameValue(deep(1), deep(1))).toBe(false);
  const many = Array.from({ length: 1_000 }, (_, at) => at);
  expect(
    differencesOf(
      many,
      many.map((one) => -one - 1),
    ),
  ).toHaveLength(20);
});

test('names of the language are looked at like any other', () => {
  expect(isSameValue(JSON.parse('{"__proto__":1}'), {})).toBe(false);
  expect(isSameValue(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'))).toBe(true);
});
