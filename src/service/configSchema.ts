import type { JsonObject } from '../evaluate/snapshot.js';

/** One thing that is wrong: where (a JSON pointer), what is there, what should be. */
export interface SchemaIssue {
  readonly pointer: string;
  readonly value: unknown;
  readonly message: string;
}

const maxIssues = 20;
const maxSchemaDepth = 16;
const types = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];

/** One keyword: whether it is used rightly, and in words how. */
type Keyword = readonly [wanted: string, isGood: (value: unknown) => boolean];

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isType = (value: unknown): boolean => isText(value) && types.includes(value);
const isListOf = (value: unknown, isGood: (item: unknown) => boolean): value is readonly unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(isGood);
const any: Keyword = ['any value', () => true];
const count: Keyword = ['a whole number from 0', isCount];
const number: Keyword = ['a number', isNumber];
const schema: Keyword = [
  'a schema: an object, true or false',
  (value) => isObject(value) || typeof value === 'boolean',
];

// Patterns are left out on purpose: one that backtracks would hold up the whole service.
const keywords: ReadonlyMap<string, Keyword> = new Map([
  ['$schema', ['text', isText]],
  ['$comment', any],
  ['title', any],
  ['description', any],
  ['default', any],
  ['examples', any],
  ['type', [`one or a list of ${types.join(', ')}`, (value) => isType(value) || isListOf(value, isType)]],
  ['enum', ['a list of values', (value) => isListOf(value, () => true)]],
  ['const', any],
  ['properties', ['an object of schemas', isObject]],
  ['required', ['a list of names', (value) => Array.isArray(value) && value.every(isText)]],
  ['additionalProperties', schema],
  ['maxProperties', count],
  ['items', schema],
  ['minItems', count],
  ['maxItems', count],
  ['minLength', count],
  ['maxLength', count],
  ['minimum', number],
  ['maximum', number],
  ['exclusiveMinimum', number],
  ['exclusiveMaximum', number],
  ['multipleOf', ['a number above 0', (value) => isNumber(value) && value > 0]],
]);

/** Finds what is no schema of this subset of JSON Schema 2020-12; a keyword that would not be checked is refused. */
export function findSchemaIssues(given: unknown): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  checkSchema(given, '', 1, issues);
  return issues.slice(0, maxIssues);
}

function checkSchema(given: unknown, pointer: string, depth: number, issues: SchemaIssue[]): void {
  if (typeof given === 'boolean' && depth > 1) return;
  if (!isObject(given)) return void issues.push({ pointer, value: given, message: schema[0] });
  if (depth > maxSchemaDepth)
    return void issues.push({ pointer, value: given, message: `at most ${maxSchemaDepth} levels` });
  for (const [name, value] of Object.entries(given)) {
    const keyword = keywords.get(name);
    const at = `${pointer}/${escapePointer(name)}`;
    if (keyword === undefined)
      issues.push({
        pointer: at,
        value,
        message: `a keyword that is checked here: ${[...keywords.keys()].join(', ')}`,
      });
    else if (!keyword[1](value)) issues.push({ pointer: at, value, message: keyword[0] });
    else if (name === 'items' || name === 'additionalProperties') checkSchema(value, at, depth + 1, issues);
    else if (name === 'properties')
      for (const [property, inner] of Object.entries(value as JsonObject))
        checkSchema(inner, `${at}/${escapePointer(property)}`, depth + 1, issues);
  }
}

/** Finds where a config breaks its schema. Keywords that are unknown or misused are passed over. */
export function findConfigIssues(given: JsonObject, config: JsonObject): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  checkValue(given, config, '', issues);
  return issues;
}

function checkValue(given: unknown, value: unknown, pointer: string, issues: SchemaIssue[]): void {
  if (issues.length >= maxIssues || given === true) return;
  const miss = (message: string): void => void issues.push({ pointer, value, message });
  if (given === false) return miss('nothing may be here');
  if (!isObject(given)) return;
  // Own keys alone: a schema must not inherit a keyword, nor a config a value.
  const rule = (name: string): unknown => {
    const found = Object.hasOwn(given, name) ? given[name] : undefined;
    return found !== undefined && keywords.get(name)?.[1](found) === true ? found : undefined;
  };
  const type = rule('type');
  const wanted = Array.isArray(type) ? type : type === undefined ? types : [type];
  if (!wanted.some((one) => isOfType(one, value))) return miss(wanted.join(' or '));
  const among = rule('enum');
  if (Array.isArray(among) && !among.some((one) => isSame(one, value))) miss(`one of ${JSON.stringify(among)}`);
  if (Object.hasOwn(given, 'const') && !isSame(given['const'], value)) miss(JSON.stringify(given['const']));
  const least = (name: string, size: number, say: string): void => {
    const bound = rule(name);
    if (isNumber(bound) && size < bound) miss(`at least ${bound}${say}`);
  };
  const most = (name: string, size: number, say: string): void => {
    const bound = rule(name);
    if (isNumber(bound) && size > bound) miss(`at most ${bound}${say}`);
  };
  if (isText(value)) {
    const { length } = Array.from(value);
    least('minLength', length, ' characters');
    most('maxLength', length, ' characters');
  } else if (isNumber(value)) {
    least('minimum', value, '');
    most('maximum', value, '');
    const [above, below, step] = [rule('exclusiveMinimum'), rule('exclusiveMaximum'), rule('multipleOf')];
    if (isNumber(above) && value <= above) miss(`above ${above}`);
    if (isNumber(below) && value >= below) miss(`below ${below}`);
    if (isNumber(step) && !isMultiple(value, step)) miss(`a multiple of ${step}`);
  } else if (Array.isArray(value)) {
    least('minItems', value.length, ' items');
    most('maxItems', value.length, ' items');
    value.forEach((item, at) => checkValue(rule('items') ?? true, item, `${pointer}/${at}`, issues));
  } else if (isObject(value)) {
    most('maxProperties', Object.keys(value).length, ' properties');
    const required = rule('required');
    for (const name of Array.isArray(required) ? required : [])
      if (!Object.hasOwn(value, name)) miss(`with the property ${JSON.stringify(name)}`);
    const properties = rule('properties') ?? {};
    for (const [name, inner] of Object.entries(value)) {
      const own = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
      checkValue(own ?? rule('additionalProperties') ?? true, inner, `${pointer}/${escapePointer(name)}`, issues);
    }
  }
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

const isMultiple = (value: number, step: number): boolean => {
  const times = value / step;
  return Math.abs(times - Math.round(times)) < 1e-9 * Math.max(1, Math.abs(times));
};

/** Whether two JSON values are equal, whatever the order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}

const escapePointer = (key: string): string => key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
