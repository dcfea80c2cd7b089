import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeEdits, noEdits, readEdits, type FeatureEdit } from '../../src/storybook/edits.js';
import { failures } from '../../src/render/breaking/failure.js';

// What Storybook lets through from a URL.
const urlText = /^[a-zA-Z0-9 _-]*$/;

const edit: fc.Arbitrary<FeatureEdit> = fc.record(
  {
    version: fc.constantFrom('v1', 'v2'),
    percentage: fc.integer({ min: 0, max: 100 }),
    config: fc.constantFrom({}, { pageSize: 20 }, { text: 'ä € 𝄞 </script>', nested: { list: [1, null] } }),
    fail: fc.constantFrom('none' as const, ...failures),
    delayMs: fc.integer({ min: 0, max: 600_000 }),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const features = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/), edit), {
  selector: ([feature]) => feature,
  maxLength: 5,
});

describe('edits', () => {
  test('come back from the text that they became, which Storybook takes into the URL', () => {
    fc.assert(
      fc.property(features, fc.option(fc.stringMatching(/^.{1,100}$/u), { nil: undefined }), (entries, user) => {
        const text = encodeEdits({ features: new Map(entries), user });
        expect(text).toMatch(urlText);
        const read = readEdits(text);
        const edited = entries.filter(([, given]) => Object.keys(given).length > 0);
        expect(Object.fromEntries(read.features)).toEqual(Object.fromEntries(edited));
        expect(read.user).toBe(user);
      }),
    );
  });

  test('are empty text where there are none', () => {
    expect(encodeEdits(noEdits)).toBe('');
    expect(encodeEdits({ features: new Map([['memoryPanel', {}]]) })).toBe('');
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', [1]],
    ['text that is no base64', '%%%'],
    ['base64 that is no JSON', btoa('{"features"')],
    ['JSON that is no object', btoa('[1]').replaceAll('=', '')],
    ['far too much text', 'A'.repeat(9_000)],
    ['features that are none', { features: 'memoryPanel' }],
    ['a key that is none', { features: { 'not a key': { version: 'v2' }, '1st': { version: 'v2' } } }],
    ['__proto__', JSON.parse('{"features":{"__proto__":{"version":"v2"}}}')],
    ['an edit that is none', { features: { memoryPanel: 'v2' } }],
  ])('of %s there are none', (_, value) => {
    expect(readEdits(value)).toEqual(noEdits);
  });

  test('leave out what makes no sense and keep the rest', () => {
    const given = { version: 'v3', percentage: 101, config: [], fail: 'explode', delayMs: -1 };
    const read = readEdits({ user: 5, features: { memoryPanel: given, constructor: { percentage: 5, fail: 'hang' } } });
    expect([...read.features]).toEqual([
      ['memoryPanel', {}],
      ['constructor', { percentage: 5, fail: 'hang' }],
    ]);
    expect(read.user).toBeUndefined();
  });
});
