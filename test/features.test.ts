import { describe, expect, test } from 'vitest';
import { SwitchbackError } from '../src/error.js';
import { defineFeatures, type FeatureSet } from '../src/features.js';

test('gives back what was declared, frozen', () => {
  const declared = {
    memoryPanel: { owner: 'web', description: 'Rewrite', removeBy: '2027-03-01', config: { pageSize: 20 } },
    list: { upgrade: 'live' },
    constructor: {},
  } as const;
  const features = defineFeatures(declared);
  expect(features).toEqual(declared);
  expect(Object.isFrozen(features)).toBe(true);
});

test('takes a field that is undefined as absent', () => {
  expect(() => defineFeatures({ list: { owner: undefined } as object })).not.toThrow();
});

describe('refuses, naming the feature and showing the value', () => {
  test.each([
    ['no features', null, 'null'],
    ['a list of features', [], '[]'],
    ['a key with a colon', { 'a:b': {} }, '"a:b"'],
    ['a key that starts with a digit', { '9a': {} }, '"9a"'],
    ['a key of 65 characters', { ['x'.repeat(65)]: {} }, 'xxx'],
    ['__proto__ as a key', JSON.parse('{"__proto__":{}}'), '"__proto__"'],
    ['a definition that is missing', { list: null }, 'feature "list": a definition is an object, found null'],
    ['a definition as a list', { list: [] }, 'feature "list": a definition is an object, found []'],
    ['an unknown field', { list: { owners: 'web' } }, 'found "owners"'],
    ['a field of the prototype', { list: JSON.parse('{"__proto__":1}') }, 'found "__proto__"'],
    ['another upgrade', { list: { upgrade: 'now' } }, 'found "now"'],
    ['a threshold of nothing', { list: { slowMs: 0 } }, 'slowMs is above 0, found 0'],
    ['a threshold that is no number', { list: { silentMs: '5' } }, 'silentMs is above 0, found "5"'],
    ['config as a list', { list: { config: [1] } }, 'found [1]'],
    ['config as text', { list: { config: 'x' } }, 'found "x"'],
    ['owner as a number', { list: { owner: 7 } }, 'found 7'],
    ['a day that does not exist', { list: { removeBy: '2027-02-30' } }, 'found "2027-02-30"'],
    ['a month that does not exist', { list: { removeBy: '2027-13-01' } }, 'found "2027-13-01"'],
    ['a date in words', { list: { removeBy: 'March 2027' } }, 'found "March 2027"'],
  ])('%s', (_, features, shown) => {
    let thrown: unknown;
    try {
      defineFeatures(features as FeatureSet);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SwitchbackError);
    expect(thrown).toMatchObject({ code: 'invalid-feature', message: expect.stringContaining(shown) as string });
  });
});
