import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeFailure } from '../../src/observe/observe.js';

const fail = (): never => {
  throw new Error('touched');
};
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

test.each([
  ['an error', new TypeError('x is undefined'), 'TypeError', 'x is undefined'],
  ['a frozen error', Object.freeze(new RangeError('far')), 'RangeError', 'far'],
  ['something like an error', { name: 'HTTPError', message: 503 }, 'HTTPError', '503'],
  ['an error without a name', { message: 'no name' }, 'Error', 'no name'],
  ['a symbol as message', { name: 'Odd', message: Symbol('s') }, 'Odd', 'Symbol(s)'],
  ['null', null, 'null', 'null'],
  ['undefined', undefined, 'undefined', 'undefined'],
  ['text', 'broken', 'string', 'broken'],
  ['a number', 7, 'number', '7'],
  ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
  ['a frozen object', Object.freeze({ a: 1 }), 'object', '[object Object]'],
  ['an object that cannot be text', Object.create(null), 'object', 'unprintable'],
  ['a proxy that throws', new Proxy({}, { get: fail, has: fail }), 'Error', 'unprintable'],
  ['a proxy that was revoked', revoked, 'Error', 'unprintable'],
  ['a message that throws', Object.defineProperty(new Error('x'), 'message', { get: fail }), 'Error', 'unprintable'],
  ['a name that throws', Object.defineProperty(new Error('x'), 'name', { get: fail }), 'Error', 'unprintable'],
  ['a message whose text throws', { message: { toString: fail } }, 'Error', 'unprintable'],
])('describes %s', (_, error, name, message) => {
  expect(describeFailure('render', error)).toEqual({ phase: 'render', name, message });
});

test('describes anything in bounded strings', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (error) => {
      const { name, message } = describeFailure('event', error);
      expect([typeof name, typeof message]).toEqual(['string', 'string']);
    }),
    { numRuns: 1_000 },
  );
});

test('cuts name, message and stack', () => {
  const error = { name: 'n'.repeat(5_000), message: 'm'.repeat(5_000) };
  const report = describeFailure('effect', error, 's'.repeat(5_000));
  expect([report.name.length, report.message.length, report.componentStack?.length]).toEqual([200, 1_000, 4_000]);
});

test('has no stack where none was given', () => {
  expect(describeFailure('load', new Error('x'))).not.toHaveProperty('componentStack');
  expect(describeFailure('load', new Error('x'), '\n at Panel').componentStack).toBe('\n at Panel');
});
