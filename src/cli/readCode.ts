import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SwitchbackError } from '../error.js';
import { isObject } from '../evaluate/kind.js';
import { isFeatureKey } from '../evaluate/snapshot.js';
import { defineFeatures, type FeatureSet } from '../features.js';
import { CliError, usageError } from './exit.js';
import { oneLine } from './output.js';
import { readJsonFile } from './readJson.js';

const modules: readonly string[] = ['.js', '.mjs', '.cjs'];
const typed: readonly string[] = ['.ts', '.mts', '.cts'];

/**
 * Reads what code gives to `defineFeatures`.
 * @param path JSON, a module, or `-`: JSON from stdin. A module is run, with whatever it imports.
 * @param exportName default: `features`, `default`, else every export that is a feature set
 * @throws CliError usage for what has no features, and for TypeScript where this Node cannot strip types
 */
export async function readCode(path: string, exportName?: string): Promise<FeatureSet> {
  const extension = extname(path);
  if (path === '-' || extension === '.json') return checkSet(path, await readJsonFile(path));
  if (typed.includes(extension) && !Reflect.get(process.features, 'typescript'))
    throw usageError(
      `Node ${process.versions.node} cannot run ${path}; give its build (.js), JSON, or use Node 22.18 or newer, which strips types`,
    );
  if (!modules.includes(extension) && !typed.includes(extension))
    throw usageError(`--check takes .json, ${[...modules, ...typed].join(', ')} or -, found ${JSON.stringify(path)}`);
  const file = resolve(path);
  await stat(file).catch(() => {
    throw new CliError(`cannot read ${path}: no such file`);
  });
  const exported: unknown = await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new CliError(oneLine(`${path} does not run: ${error instanceof Error ? error.message : String(error)}`));
  });
  return pick(path, isObject(exported) ? exported : {}, exportName);
}

function pick(path: string, exported: object, name: string | undefined): FeatureSet {
  const values = new Map<string, unknown>(Object.entries(exported));
  if (name !== undefined) {
    if (!values.has(name)) throw usageError(`${path} exports no ${name}; it has ${[...values.keys()].join(', ')}`);
    return checkSet(`${path} ${name}`, values.get(name));
  }
  for (const usual of ['features', 'default']) {
    const value = values.get(usual);
    if (looksLikeSet(value)) return checkSet(`${path} ${usual}`, value);
  }
  const sets = [...values].filter(([, value]) => looksLikeSet(value));
  if (sets.length === 0)
    throw usageError(`${path} exports no features; export what defineFeatures returns, or name it with --export`);
  return checkSet(path, Object.assign({}, ...sets.map(([, value]) => value)));
}

const looksLikeSet = (value: unknown): boolean =>
  isObject(value) && Object.entries(value).every(([key, definition]) => isFeatureKey(key) && isObject(definition));

function checkSet(name: string, value: unknown): FeatureSet {
  try {
    return defineFeatures(value as FeatureSet);
  } catch (error) {
    if (error instanceof SwitchbackError) throw usageError(`${name}: ${error.message.replace(/^\[switchback\] /, '')}`);
    throw error;
  }
}
