import { refuseOption } from '../error.js';
import type { Callable } from './safelyOptions.js';

/** A method of v1, and v2's counterpart; `path` names it, such as `chatClient.send`. */
export interface MethodPair {
  readonly path: string;
  readonly v1: Callable;
  readonly v2: Callable;
  readonly v1Self: object;
  readonly v2Self: object;
}

/** What a module is made of: methods, further objects of methods, and values that stay v1's. */
export interface ModuleShape {
  readonly methods: ReadonlyMap<string, MethodPair>;
  readonly modules: ReadonlyMap<string, ModuleShape>;
  readonly values: ReadonlySet<string>;
}

const maxDepth = 3;
const isCallable = (value: unknown): value is Callable => typeof value === 'function';
const isModule = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Pairs the methods of two modules: plain objects, module namespaces or instances of classes.
 * @throws SwitchbackError `invalid-option`, naming every method that v2 lacks
 */
export function pairMethods(v1: unknown, v2: unknown): ModuleShape {
  if (!isModule(v1)) return refuseOption('v1', 'a module: an object with methods', v1);
  if (!isModule(v2)) return refuseOption('v2', 'a module: an object with methods', v2);
  const missing: string[] = [];
  const shape = pair(v1, v2, '', missing, 1);
  if (missing.length > 0) refuseOption('v2', `a module with all of v1's methods (missing: ${missing.join(', ')})`, v2);
  if (shape.methods.size + shape.modules.size === 0) refuseOption('v1', 'a module with methods', v1);
  return shape;
}

function pair(v1: object, v2: object, prefix: string, missing: string[], depth: number): ModuleShape {
  const methods = new Map<string, MethodPair>();
  const modules = new Map<string, ModuleShape>();
  const values = new Set<string>();
  for (const name of namesOf(v1)) {
    const path = prefix + name;
    // A getter may do something: it is read when the host reads it.
    if (isGetter(v1, name)) {
      values.add(name);
      continue;
    }
    const ofV1: unknown = Reflect.get(v1, name);
    if (isCallable(ofV1)) {
      const ofV2: unknown = Reflect.get(v2, name);
      if (isCallable(ofV2)) methods.set(name, { path, v1: ofV1, v2: ofV2, v1Self: v1, v2Self: v2 });
      else missing.push(path);
    } else if (depth < maxDepth && isModule(ofV1) && hasMethods(ofV1)) {
      const ofV2: unknown = Reflect.get(v2, name);
      modules.set(name, pair(ofV1, isModule(ofV2) ? ofV2 : {}, `${path}.`, missing, depth + 1));
    } else values.add(name);
  }
  return { methods, modules, values };
}

const hasMethods = (module: object): boolean =>
  namesOf(module).some((name) => !isGetter(module, name) && isCallable(Reflect.get(module, name)));

/** Names of an object and of the classes it is an instance of. */
function namesOf(module: object): readonly string[] {
  const names = new Set<string>();
  for (
    let at: object | null = module;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at))
      if (name !== 'constructor' && name !== '__proto__') names.add(name);
  return [...names];
}

function isGetter(module: object, name: string): boolean {
  for (let at: object | null = module; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const property = Object.getOwnPropertyDescriptor(at, name);
    if (property) return property.get !== undefined || property.set !== undefined;
  }
  return false;
}
