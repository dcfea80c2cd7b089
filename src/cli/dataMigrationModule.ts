import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { showValue } from '../error.js';
import { isObject } from '../evaluate/kind.js';
import { usageError } from './exit.js';

/** How far a data migration is, as `migrateData` of `react-switchback/migrate` says. */
export interface DataProgress {
  readonly phase: 'new' | 'copying' | 'verifying' | 'verified' | 'failed' | 'removed';
  readonly total: number | null;
  readonly read: number;
  readonly written: number;
  readonly skipped: number;
  readonly verified: number;
  readonly fraction: number | null;
  readonly problems: readonly { readonly key: string; readonly problem: string; readonly detail?: string }[];
}

/** What `migrateData` gives; by its shape, since a host's module has the package from its own folder. */
export interface DataMigrationLike {
  run(options: { readonly signal: AbortSignal }): Promise<DataProgress>;
  verify(options: { readonly signal: AbortSignal }): Promise<DataProgress>;
  rollback(): Promise<DataProgress>;
  load(): Promise<DataProgress>;
  getProgress(): DataProgress;
  subscribe(listener: () => void): () => void;
}

export interface DataMigrationModule {
  readonly migration: DataMigrationLike;
  /** Lets go of what the module holds open, such as a pool: its export `close`, if it has one. */
  close(): Promise<void>;
}

const methods = ['run', 'verify', 'rollback', 'load', 'getProgress', 'subscribe'];

const isDataMigration = (value: unknown): value is DataMigrationLike =>
  isObject(value) && methods.every((method) => typeof value[method] === 'function');

/**
 * Imports a module and finds the migration in it: the export of that name, else the default one, else the only one.
 * @throws CliError for a module that is not there, cannot be run, or has none or several
 */
export async function loadDataMigration(path: string, exportName?: string): Promise<DataMigrationModule> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(/* @vite-ignore */ pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`${showValue(path)} cannot be imported: ${why}`);
  }
  const { close } = module;
  return {
    migration: pick(module, path, exportName),
    async close() {
      if (typeof close === 'function') await (close as () => unknown)();
    },
  };
}

function pick(module: Readonly<Record<string, unknown>>, path: string, exportName?: string): DataMigrationLike {
  const wanted = exportName ?? 'default';
  const one = Object.hasOwn(module, wanted) ? module[wanted] : undefined;
  if (isDataMigration(one)) return one;
  const names = Object.keys(module).filter((name) => isDataMigration(module[name]));
  const [only] = names;
  if (exportName === undefined && only !== undefined && names.length === 1)
    return module[only] as Partial<DataMigrationLike> as DataMigrationLike;
  const found = names.length > 0 ? names.join(', ') : 'none';
  throw usageError(
    exportName === undefined && names.length > 1
      ? `${showValue(path)} has several migrations: choose one with --export (${found})`
      : `${showValue(path)} must export what migrateData gives${exportName === undefined ? '' : ` as ${exportName}`}, found ${found}`,
  );
}
