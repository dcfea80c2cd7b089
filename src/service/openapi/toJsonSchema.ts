// Comes in: the valibot schemas that routes validate with. Goes out: the same as JSON Schema 2020-12. Who calls: the OpenAPI document.
import type * as v from 'valibot';
import { showValue } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';

export type JsonSchema = { readonly [keyword: string]: unknown };

/** Schemas that have a name of their own in the document; each is told from others by identity. */
export type NamedSchemas = ReadonlyMap<v.GenericSchema, string>;

/** What a schema of valibot looks like from inside, as far as it is read here. */
interface Node {
  readonly kind: string;
  readonly type: string;
  readonly requirement?: unknown;
  readonly metadata?: unknown;
  readonly description?: unknown;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly item?: v.GenericSchema;
  readonly value?: v.GenericSchema;
  readonly wrapped?: v.GenericSchema;
  readonly default?: unknown;
  readonly pipe?: readonly Node[];
}

/**
 * Says a schema as JSON Schema. Checks that are code (`v.check`, `v.custom`) have no such form: a custom schema says its own with
 * `v.metadata({ jsonSchema })`, and what else only code knows is left out.
 * @param named schemas that become a `$ref`, except the given one itself
 * @throws TypeError for what it does not know: a document must not claim less than is checked without being told so
 */
export function toJsonSchema(schema: v.GenericSchema, named: NamedSchemas = new Map()): JsonSchema {
  const refer = (inner: v.GenericSchema): JsonSchema => {
    const name = named.get(inner);
    return name === undefined ? toJsonSchema(inner, named) : { $ref: `#/components/schemas/${name}` };
  };
  const { pipe, ...node } = schema as v.GenericSchema & Node;
  if (pipe === undefined) return base(node, refer);
  const [first, ...actions] = pipe;
  const own = actions.find(
    ({ type, metadata }) => type === 'metadata' && isObject(metadata) && 'jsonSchema' in metadata,
  );
  const said = own === undefined ? undefined : (own.metadata as { readonly jsonSchema: JsonSchema }).jsonSchema;
  let result =
    said ?? (first!.pipe === undefined ? base(first!, refer) : toJsonSchema(first as v.GenericSchema & Node, named));
  for (const action of actions) result = { ...result, ...keywords(action, result) };
  return result;
}

type Refer = (schema: v.GenericSchema) => JsonSchema;

function base(node: Node, refer: Refer): JsonSchema {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return { type: node.type };
    case 'unknown':
      return {};
    case 'literal':
      return { const: node.literal };
    case 'picklist':
      return { enum: node.options };
    case 'array':
      return { type: 'array', items: refer(node.item!) };
    case 'record':
      return { type: 'object', additionalProperties: refer(node.value!) };
    case 'union':
      return { anyOf: node.options!.map((option) => refer(option as v.GenericSchema)) };
    case 'nullable':
      return orNull(refer(node.wrapped!));
    case 'optional':
    case 'exact_optional':
      return node.default === undefined ? refer(node.wrapped!) : { ...refer(node.wrapped!), default: node.default };
    case 'object':
    case 'loose_object':
    case 'strict_object':
      return objectOf(node, refer);
    default:
      throw new TypeError(
        `[switchback] toJsonSchema: no form for ${showValue(node.type)}; give it v.metadata({ jsonSchema })`,
      );
  }
}

const orNull = (schema: JsonSchema): JsonSchema =>
  typeof schema['type'] === 'string' && !('const' in schema) && !('enum' in schema)
    ? { ...schema, type: [schema['type'], 'null'] }
    : { anyOf: [schema, { type: 'null' }] };

function objectOf(node: Node, refer: Refer): JsonSchema {
  const entries = Object.entries(node.entries!);
  const required = entries.flatMap(([name, { type }]) => (type.endsWith('optional') ? [] : [name]));
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, schema]) => [name, refer(schema)])),
    ...(required.length === 0 ? {} : { required }),
    ...(node.type === 'loose_object' ? { additionalProperties: true } : {}),
    ...(node.type === 'strict_object' ? { additionalProperties: false } : {}),
  };
}

const limits: Readonly<Record<string, readonly [ofLists: string, ofText: string]>> = {
  min_length: ['minItems', 'minLength'],
  max_length: ['maxItems', 'maxLength'],
};

function keywords({ kind, type, requirement, description }: Node, of: JsonSchema): JsonSchema {
  if (kind === 'schema') throw new TypeError('[switchback] toJsonSchema: one schema a pipe');
  switch (type) {
    case 'min_length':
    case 'max_length':
      return { [limits[type]![of['type'] === 'array' ? 0 : 1]]: requirement };
    case 'min_value':
      return { minimum: requirement };
    case 'max_value':
      return { maximum: requirement };
    case 'integer':
    case 'safe_integer':
      return { type: 'integer' };
    case 'regex':
      return { pattern: (requirement as RegExp).source };
    case 'iso_timestamp':
      return { format: 'date-time' };
    case 'iso_date':
      return { format: 'date' };
    case 'description':
      return { description };
    // JSON has no other numbers; code is not said; metadata was read before.
    case 'finite':
    case 'check':
    case 'metadata':
      return {};
    default:
      throw new TypeError(`[switchback] toJsonSchema: no form for ${showValue(type)}`);
  }
}
