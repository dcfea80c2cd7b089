import { describe, expect, test } from 'vitest';
import { failureNames, failures } from '../../../src/render/breaking/failure.js';
import { createFaults } from '../../../src/render/breaking/faults.js';

const works = { failure: null, delayMs: 0 };
const check = (feature: string, option: string): void => {
  if (!['a', 'b', 'constructor'].includes(feature)) throw new Error(`${option}: no ${feature}`);
};

describe('faults', () => {
  test('are of no feature where nothing is given', () => {
    const faults = createFaults(undefined, undefined, check);
    expect(faults.of('a')).toEqual(works);
    expect(faults.of('constructor')).toEqual(works);
  });

  test('of a list are failures while rendering', () => {
    expect(createFaults(['a'], undefined, check).of('a')).toEqual({ failure: 'render', delayMs: 0 });
  });

  test.each(failures)('by feature are as they are named: %s', (failure) => {
    const faults = createFaults({ a: failure, b: undefined }, { b: 20 }, check);
    expect(faults.of('a')).toEqual({ failure, delayMs: 0 });
    expect(faults.of('b')).toEqual({ failure: null, delayMs: 20 });
    expect(failureNames[failure]).toMatch(/\w+ \w+/);
  });

  test('a delay for all is that of features without one of their own', () => {
    const faults = createFaults({}, 300, check);
    faults.delay('b', 0);
    expect([faults.of('a').delayMs, faults.of('b').delayMs]).toEqual([300, 0]);
  });

  test('change at any time', () => {
    const faults = createFaults(['a'], {}, check);
    faults.fail('a', 'hang');
    expect(faults.of('a').failure).toBe('hang');
    faults.fail('a', null);
    expect(faults.of('a')).toEqual(works);
  });

  test.each([
    [['c'], undefined, 'fail: no c'],
    [undefined, { c: 1 }, 'delayMs: no c'],
    [{ a: 'boom' }, undefined, 'fail.a must be "render" or "effect" or "load" or "hang", found "boom"'],
    [{ a: 'constructor' }, undefined, 'found "constructor"'],
    [undefined, -1, 'delayMs must be ms, 0 to 600000, found -1'],
    [undefined, { a: 600_001 }, 'delayMs.a must be ms, 0 to 600000, found 600001'],
    [undefined, { a: Number.NaN }, 'found NaN'],
    [undefined, { a: '5' }, 'found "5"'],
  ])('%j with %j are refused', (fail, delayMs, message) => {
    expect(() => createFaults(fail as object, delayMs as number, check)).toThrow(message);
  });
});
