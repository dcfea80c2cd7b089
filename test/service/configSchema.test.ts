import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/evaluate/snapshot.js';
import { findConfigIssues, findSchemaIssues, isSame } from '../../src/service/configSchema.js';

const issuesOf = (schema: JsonObject, value: unknown) =>
  findConfigIssues({ properties: { it: schema } }, { it: value } as JsonObject).map(({ message }) => message);

test.each<[JsonObject, unknown, unknown]>([
  [{ type: 'string' }, 'a', 1],
  [{ type: 'integer' }, 2, 2.5],
  [{ type: ['number', 'null'] }, null, '1'],
  [{ type: 'array' }, [], {}],
  [{ type: 'object' }, {}, []],
  [{ type: 'boolean' }, false, 0],
  [{ enum: ['a', { b: 1, c: [2] }] }, { c: [2], b: 1 }, { b: 1 }],
  [{ const: null }, null, false],
  [{ minLength: 2, maxLength: 3 }, 'ü😀', '😀'],
  [{ minimum: 0, maximum: 1 }, 1, 1.01],
  [{ exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5, 0],
  [{ multipleOf: 0.01 }, 19.99, 19.999],
  [{ items: { type: 'string' }, minItems: 1, maxItems: 2 }, ['a'], [1]],
  [{ items: false }, [], [1]],
  [{ maxItems: 1 }, [1], [1, 2]],
  [{ maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }],
  [{ required: ['a'] }, { a: 0 }, {}],
  [{ required: ['toString'] }, { toString: 1 }, {}],
  [{ properties: { a: { type: 'string' } } }, { b: 1 }, { a: 1 }],
  [{ additionalProperties: { type: 'number' } }, { a: 1 }, { a: 'x' }],
  [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { constructor: 1 }],
  [{ minLength: 5 }, 7, 'abc'],
])('%j takes %j and not %j', (schema, good, bad) => {
  expect(findSchemaIssues(schema)).toEqual([]);
  expect(issuesOf(schema, good)).toEqual([]);
  expect(issuesOf(schema, bad)).toHaveLength(1);
});

test.each([
  [{ pattern: '(a+)+$' }, '/pattern'],
  [{ type: 'text' }, '/type'],
  [{ type: [] }, '/type'],
  [{ properties: { 'a/b': { minimum: '1' } } }, '/properties/a~1b/minimum'],
  [{ items: { items: 5 } }, '/items/items'],
  [{ required: 'a' }, '/required'],
  [{ multipleOf: 0 }, '/multipleOf'],
  [{ minLength: -1 }, '/minLength'],
  [{ $ref: '#/x' }, '/$ref'],
  [[], ''],
])('refuses the schema %j at %s', (schema, pointer) => {
  expect(findSchemaIssues(schema).map((issue) => issue.pointer)).toEqual([pointer]);
});

test('bounds the depth of a schema and the number of findings', () => {
  let deep: JsonObject = {};
  for (let at = 0; at < 20; at += 1) deep = { items: deep };
  expect(findSchemaIssues(deep)).toMatchObject([{ message: 'at most 16 levels' }]);
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, at]));
  expect(findConfigIssues({ additionalProperties: false }, many)).toHaveLength(20);
});

test('answers whatever it is given, and finds nothing where nothing is asked', () => {
  fc.assert(
    fc.property(fc.object(), fc.object(), (schema, config) => {
      const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as JsonObject;
      findSchemaIssues(json(schema));
      findConfigIssues(json(schema), json(config));
      expect(findConfigIssues({}, json(config))).toEqual([]);
      expect(isSame(json(config), json(config))).toBe(true);
    }),
  );
});
