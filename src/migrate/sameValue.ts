import { isObject } from '../evaluate/kind.js';

/** One place where two answers differ; the values are described, not shown. */
export interface Difference {
  /** Such as `items.3.name`; empty: the answer itself. */
  readonly path: string;
  readonly v1: string;
  readonly v2: string;
}

const maxDifferences = 20;
const maxDepth = 20;
const maxVisited = 10_000;

/**
 * Where two plain values differ: at most 20 places. Dates, sets, maps, typed arrays and class instances are compared by what they
 * hold; functions and symbols by identity.
 * @param describe how a value is written; default: its kind and size, so that nothing private is told
 */
export function differencesOf(
  a: unknown,
  b: unknown,
  describe: (value: unknown) => string = describeKind,
): readonly Difference[] {
  const found: Difference[] = [];
  const seen = new Map<object, object>();
  let visited = 0;

  const tell = (path: string, v1: unknown, v2: unknown): void => {
    if (found.length < maxDifferences) found.push({ path, v1: describe(v1), v2: describe(v2) });
  };
  const walk = (one: unknown, other: unknown, path: string, depth: number): void => {
    if (Object.is(one, other) || found.length >= maxDifferences) return;
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
      return tell(path, one, other);
    if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other) && kindOf(one) !== kindOf(other))
      return tell(path, one, other);
    if (seen.get(one) === other) return;
    seen.set(one, other);
    // What is deeper or larger than anybody compares by eye is taken to differ.
    if (depth > maxDepth || ++visited > maxVisited) return tell(path, one, other);
    const [entries, others] = [entriesOf(one), entriesOf(other)];
    if (!entries || !others) return tell(path, one, other);
    for (const name of new Set([...entries.keys(), ...others.keys()])) {
      const at = path === '' ? name : `${path}.${name}`;
      const missing = Symbol('missing');
      const [left, right] = [
        entries.has(name) ? entries.get(name) : missing,
        others.has(name) ? others.get(name) : missing,
      ];
      if (left === missing || right === missing)
        tell(at, left === missing ? absent : left, right === missing ? absent : right);
      else walk(left, right, at, depth + 1);
    }
  };
  walk(a, b, '', 0);
  return found;
}

/** Whether two plain values say the same. */
export const isSameValue = (a: unknown, b: unknown): boolean => differencesOf(a, b).length === 0;

/** A place that one of the two does not have. */
const absent = Symbol('absent');

const kindOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

/** What an object holds, by name; undefined for what cannot be looked into. */
function entriesOf(value: object): ReadonlyMap<string, unknown> | undefined {
  if (value instanceof Date) return new Map([['time', value.getTime()]]);
  if (value instanceof RegExp) return new Map([['source', String(value)]]);
  if (value instanceof Error)
    return new Map([
      ['name', value.name],
      ['message', value.message],
    ]);
  if (value instanceof Map)
    return new Map(
      Array.from(value, ([name, held], at) => [typeof name === 'string' ? name : String(at), held] as const),
    );
  if (value instanceof Set) return new Map(Array.from(value, (held: unknown, at) => [String(at), held] as const));
  if (ArrayBuffer.isView(value))
    return new Map([['bytes', String(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))]]);
  if (value instanceof ArrayBuffer) return new Map([['bytes', String(new Uint8Array(value))]]);
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return undefined;
  return new Map(Object.entries(value));
}

function describeKind(value: unknown): string {
  if (value === absent) return 'absent';
  if (value === null || value === undefined || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `string of ${value.length}`;
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (isObject(value)) return kindOf(value) === 'Object' ? `object of ${Object.keys(value).length}` : kindOf(value);
  return typeof value;
}
