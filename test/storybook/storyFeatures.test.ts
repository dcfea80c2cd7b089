import { describe, expect, test } from 'vitest';
import { noEdits, type Edits, type FeatureEdit } from '../../src/storybook/edits.js';
import { readParameters } from '../../src/storybook/parameters.js';
import { readMode, storyContext, storyFeatures } from '../../src/storybook/storyFeatures.js';

const read = (parameters: unknown) => readParameters(parameters)!;
const edits = (features: Record<string, FeatureEdit>, user?: string): Edits => ({
  features: new Map(Object.entries(features)),
  user,
});

describe('parameters', () => {
  test('a story without them is left alone', () => {
    expect(readParameters(undefined)).toBeNull();
  });

  test('give a version, a percentage, or a definition with either', () => {
    const { features, context } = read({
      features: { a: 'v1', b: 'v2', c: 25, d: { version: 'v2', config: { size: 1 } }, e: { percentage: 5 }, f: {} },
    });
    expect(features.map(({ feature, percentage }) => [feature, percentage])).toEqual([
      ['a', 0],
      ['b', 100],
      ['c', 25],
      ['d', 100],
      ['e', 5],
      ['f', 0],
    ]);
    expect(features[3]?.definition).toEqual({ config: { size: 1 } });
    expect(context).toEqual({ targetingKey: 'user-1' });
  });

  test('say how v2 fails and how late it is, for all or by feature', () => {
    const failuresOf = (rest: object) =>
      read({ features: { a: 'v2', b: 'v2' }, ...rest }).features.map(({ failure, delayMs }) => [failure, delayMs]);
    expect(failuresOf({ fail: ['a'], delayMs: 5 })).toEqual([
      ['render', 5],
      [null, 5],
    ]);
    expect(failuresOf({ fail: { b: 'hang' }, delayMs: { a: 7 } })).toEqual([
      [null, 7],
      ['hang', 0],
    ]);
  });

  test.each([
    [{}, 'features must be an object'],
    [{ features: { a: 'v3' } }, 'v3'],
    [{ features: { a: 101 } }, '101'],
    [{ features: { a: null } }, 'null'],
    [{ features: { a: { version: 'v0' } } }, 'v0'],
    [{ features: { a: { percentage: -1 } } }, '-1'],
    [{ features: { a: { colour: 'red' } } }, 'colour'],
    [{ features: { 'no key': 'v2' } }, 'no key'],
    [{ features: JSON.parse('{"__proto__": "v2"}') }, '__proto__'],
    [{ features: { a: 'v2' }, fail: ['b'] }, '"b"'],
    [{ features: { a: 'v2' }, fail: { a: 'explode' } }, 'explode'],
    [{ features: { a: 'v2' }, delayMs: { b: 1 } }, '"b"'],
    [{ features: { a: 'v2' }, delayMs: 600_001 }, '600001'],
  ])('%j are refused, with what is wrong shown', (parameters, shown) => {
    expect(() => readParameters(parameters)).toThrow(shown);
  });
});

describe('the features of a story', () => {
  const parameters = read({
    features: { a: { percentage: 25, config: { size: 1 } }, b: 'v2' },
    fail: { b: 'load' },
    context: { targetingKey: 'u', region: 'eu' },
  });

  test('are as its parameters say, and all of them as the toolbar says', () => {
    const shown = (forced?: 'v1' | 'v2') =>
      storyFeatures(parameters, forced, noEdits).map(({ percentage, forcedBy }) => [percentage, forcedBy]);
    expect(shown()).toEqual([
      [25, null],
      [100, null],
    ]);
    expect(shown('v1')).toEqual([
      [0, 'toolbar'],
      [0, 'toolbar'],
    ]);
    expect(shown('v2')).toEqual([
      [100, 'toolbar'],
      [100, 'toolbar'],
    ]);
  });

  test('follow the panel, and the toolbar before it', () => {
    const change = edits({
      a: { version: 'v2', config: { size: 9 }, delayMs: 5, fail: 'effect' },
      b: { fail: 'none' },
    });
    expect(storyFeatures(parameters, undefined, change)).toMatchObject([
      { percentage: 100, forcedBy: 'panel', config: { size: 9 }, delayMs: 5, failure: 'effect' },
      { percentage: 100, forcedBy: null, failure: null },
    ]);
    expect(storyFeatures(parameters, 'v1', change)[0]).toMatchObject({ percentage: 0, forcedBy: 'toolbar' });
  });

  test('take what is said of all features where nothing is said of one', () => {
    const change = edits({ '*': { fail: 'hang' }, b: { fail: 'render' } });
    expect(storyFeatures(parameters, 'v2', change).map(({ failure }) => failure)).toEqual(['hang', 'render']);
  });

  test('are looked at by the panel’s user, who keeps the other attributes', () => {
    expect(storyContext(parameters, edits({}, 'user-9'))).toEqual({ targetingKey: 'user-9', region: 'eu' });
    expect(storyContext(parameters, noEdits)).toBe(parameters.context);
  });

  test.each([
    ['v1', 'v1'],
    ['both', 'both'],
    ['decided', 'decided'],
    ['v3', 'decided'],
    [undefined, 'decided'],
  ])('the mode %s is %s', (value, mode) => {
    expect(readMode(value)).toBe(mode);
  });
});
