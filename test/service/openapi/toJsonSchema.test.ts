import * as v from 'valibot';
import { expect, test } from 'vitest';
import { toJsonSchema } from '../../../src/service/openapi/toJsonSchema.js';
import { checkJson } from '../../harness/checkJson.js';

const options = { resolve: () => undefined, isClosed: false };

const cases: readonly (readonly [
  name: string,
  schema: v.GenericSchema,
  good: readonly unknown[],
  bad: readonly unknown[],
])[] = [
  ['text', v.pipe(v.string(), v.minLength(1), v.maxLength(3)), ['a', 'abc'], ['', 'abcd', 1, null]],
  [
    'checks on checks',
    v.pipe(
      v.pipe(v.string(), v.maxLength(2)),
      v.minLength(1),
      v.check((value) => value !== 'no'),
    ),
    ['a'],
    ['', 'abc'],
  ],
  ['a pattern', v.pipe(v.string(), v.regex(/^[a-f]+$/)), ['abc'], ['xyz', '']],
  [
    'a time',
    v.pipe(v.string(), v.isoTimestamp()),
    ['2027-01-31T08:00:00Z', '2027-01-31T08:00:00.000Z'],
    ['today', '2027-01-31'],
  ],
  ['a date', v.pipe(v.string(), v.isoDate()), ['2027-01-31'], ['31.1.2027']],
  ['a number', v.pipe(v.number(), v.minValue(0), v.maxValue(100)), [0, 12.5, 100], [-1, 101, '5']],
  ['a whole number', v.pipe(v.number(), v.safeInteger()), [0, -3], [0.5, '1']],
  [
    'a list',
    v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(2)),
    [['a'], ['a', 'b']],
    [[], ['a', 'b', 'c'], [1], 'a'],
  ],
  ['a choice', v.picklist(['v1', 'v2']), ['v1'], ['v3', null]],
  ['one value', v.literal(1), [1], [2, '1']],
  ['text or nothing', v.nullable(v.string()), ['a', null], [1]],
  ['a choice or nothing', v.nullable(v.picklist(['a', 'b'])), ['a', null], ['c']],
  [
    'an object',
    v.object({ a: v.string(), b: v.exactOptional(v.number()) }),
    [{ a: '' }, { a: '', b: 1, c: 2 }],
    [{}, { a: 1 }, [], null],
  ],
  ['a strict object', v.strictObject({ a: v.string() }), [{ a: '' }], [{ a: '', b: 1 }]],
  ['a record', v.record(v.string(), v.number()), [{}, { a: 1 }], [{ a: '1' }]],
  ['one of several', v.union([v.string(), v.object({ id: v.string() })]), ['a', { id: 'a' }], [1, {}]],
  ['something', v.unknown(), [1, null, {}], []],
];

test.each(cases)('%s is the same to the validator and to its schema', (_, schema, good, bad) => {
  const said = toJsonSchema(schema);
  for (const value of good) {
    expect(v.is(schema, value), JSON.stringify(value)).toBe(true);
    expect(checkJson(said, value, options)).toEqual([]);
  }
  for (const value of bad) {
    expect(v.is(schema, value), JSON.stringify(value)).toBe(false);
    expect(checkJson(said, value, options), JSON.stringify(value)).not.toEqual([]);
  }
});

test('a named schema is a reference, but for itself', () => {
  const inner = v.object({ a: v.string() });
  const named = new Map<v.GenericSchema, string>([[inner, 'Inner']]);
  const ref = { $ref: '#/components/schemas/Inner' };
  expect(toJsonSchema(v.array(inner), named)).toEqual({ type: 'array', items: ref });
  expect(toJsonSchema(v.nullable(inner), named)).toEqual({ anyOf: [ref, { type: 'null' }] });
  expect(toJsonSchema(inner, named)).toMatchObject({ type: 'object' });
});

test('a default and a description are said', () => {
  expect(toJsonSchema(v.object({ n: v.optional(v.pipe(v.number(), v.description('how many')), 0) }))).toEqual({
    type: 'object',
    properties: { n: { type: 'number', description: 'how many', default: 0 } },
  });
});

test('what is code says its own form, or is refused', () => {
  const even = v.custom<number>((value) => Number(value) % 2 === 0);
  expect(toJsonSchema(v.pipe(even, v.metadata({ jsonSchema: { type: 'integer', multipleOf: 2 } })))).toEqual({
    type: 'integer',
    multipleOf: 2,
  });
  expect(() => toJsonSchema(even)).toThrow(/no form for "custom"/);
  expect(() => toJsonSchema(v.pipe(v.string(), v.trim()))).toThrow(/no form for "trim"/);
});
