import type { Command } from 'commander';
import { showValue } from '../error.js';
import { isFeatureKey } from '../evaluate/snapshot.js';
import { defaultDataDir, defaultPort } from '../service/index.js';
import { usageError } from './exit.js';
import type { Output } from './output.js';

/** What every command gets. */
export interface CommandContext {
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
}

/** The options that hold for all commands. */
export interface GlobalOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly data: string;
  readonly json: boolean;
}

/** Adds the options that hold for all commands. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--url <url>', `address of the service ($SWITCHBACK_URL, default http://127.0.0.1:${defaultPort})`)
    .option('--token <token>', 'bearer token ($SWITCHBACK_ADMIN_TOKEN, or the admin-token file of a local service)')
    .option('--data <folder>', `folder of the local service ($SWITCHBACK_DATA, default ${defaultDataDir})`)
    .option('--json', 'print JSON');
}

const set = (value: string | undefined): string | undefined =>
  value === undefined || value === '' ? undefined : value;

/** Reads the options that hold for all commands, then the environment, then defaults. */
export function readGlobalOptions(command: Command, { env }: CommandContext): GlobalOptions {
  const given = command.optsWithGlobals<{ url?: string; token?: string; data?: string; json?: boolean }>();
  const url = given.url ?? set(env['SWITCHBACK_URL']) ?? `http://127.0.0.1:${defaultPort}`;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw usageError(`--url must be an http or https address, found ${JSON.stringify(url)}`);
  return {
    url: url.replace(/\/+$/, ''),
    token: given.token ?? set(env['SWITCHBACK_ADMIN_TOKEN']),
    data: given.data ?? set(env['SWITCHBACK_DATA']) ?? defaultDataDir,
    json: given.json === true,
  };
}

/** The feature of a command: its argument or `--feature`. */
export function readFeature(argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined && argument !== option)
    throw usageError(`two features given: ${argument} and ${option}`);
  const feature = argument ?? option;
  if (feature === undefined) throw usageError('which feature? Give it as an argument or with --feature');
  const shown = showValue(feature);
  if (!isFeatureKey(feature))
    throw usageError(`a feature is a letter, then up to 63 letters, digits, "_", "." or "-", found ${shown}`);
  return feature;
}

/** A number within bounds from an option. */
export function readNumber(name: string, text: string, minimum: number, maximum: number, isWhole = false): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= minimum && value <= maximum) || (isWhole && !Number.isInteger(value)))
    throw usageError(
      `${name} must be ${isWhole ? 'a whole number, ' : ''}${minimum} to ${maximum}, found ${JSON.stringify(text.slice(0, 64))}`,
    );
  return value;
}
