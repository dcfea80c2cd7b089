import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertNever, showValue, SwitchbackError } from '../src/error.js';

test('an error of ours says so, has a code and keeps its cause', () => {
  const cause = new TypeError('offline');
  const error = new SwitchbackError('snapshot-failed', 'snapshot 503, using v1', { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'SwitchbackError',
    code: 'snapshot-failed',
    message: '[switchback] snapshot 503, using v1',
    cause,
  });
});

describe('showValue', () => {
  test.each([
    ['text', '"text"'],
    [101, '101'],
    [Number.NaN, 'NaN'],
    [10n, '10'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [{ a: 1 }, '{"a":1}'],
    [[1, 2], '[1,2]'],
    [{ a: 1n }, '[object]'],
  ])('%s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  test('cuts at 64 characters and says that it did', () => {
    expect(showValue('x'.repeat(62))).toHaveLength(64);
    expect(showValue('x'.repeat(63))).toBe(`"${'x'.repeat(62)}…`);
  });

  test('never throws and never shows more than 64 characters', () => {
    const anything = fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true, withTypedArray: true });
    fc.assert(
      fc.property(anything, (value) => {
        expect(showValue(value).length).toBeLessThanOrEqual(64);
      }),
      { numRuns: 1_000 },
    );
  });

  const fail = () => {
    throw new Error('touched');
  };
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  test.each([
    ['a cycle', cyclic],
    ['toJSON that throws', { toJSON: fail }],
    ['toJSON that gives nothing', { toJSON: () => undefined }],
    ['toString that throws', Object.assign(() => {}, { toString: fail })],
    ['a tag that throws', Object.defineProperty({ toJSON: fail }, Symbol.toStringTag, { get: fail })],
    ['a revoked proxy', revoked],
  ])('survives %s', (_, value) => {
    expect(typeof showValue(value)).toBe('string');
  });
});

test('assertNever shows what was not handled', () => {
  expect(() => assertNever('halfOpen' as never)).toThrow('[switchback] unexpected value "halfOpen"');
});
