import type { Command } from 'commander';
import { usageError } from './exit.js';
import { readNumber } from './options.js';
import { readJsonFile, readJsonText } from './readJson.js';

/** What may be said of a feature on the command line; everything is text but switches. */
export interface GivenFields {
  readonly percentage?: string;
  readonly regions?: string;
  readonly from?: string;
  readonly until?: string;
  readonly requires?: string;
  readonly config?: string;
  readonly configSchema?: string;
  readonly sampling?: string;
  readonly logOnly?: boolean;
  readonly owner?: string;
  readonly description?: string;
  readonly removeBy?: string;
  readonly reason?: string;
}

/** Adds an option for each field; `none` empties one. */
export function addFieldOptions(command: Command): Command {
  return command
    .option('--percentage <percent>', '0 to 100, two decimals')
    .option('--regions <list>', 'only these, separated by commas; none: everywhere')
    .option('--from <time>', 'ISO 8601, by the clock of the service; none: always')
    .option('--until <time>', 'ISO 8601; none: for ever')
    .option('--requires <list>', 'master switches, separated by commas; none: no other')
    .option('--config <json>', 'settings of v2, as JSON or @file')
    .option('--config-schema <json>', 'what settings have to keep to, JSON Schema as JSON or @file; none: anything')
    .option('--sampling <share>', 'share of measurements that are sent, 0 to 1')
    .option('--log-only', 'decide and measure, show v1 all the same')
    .option('--no-log-only', 'show what is decided')
    .option('--owner <name>', 'who to ask')
    .option('--description <text>')
    .option('--remove-by <date>', 'when the old code is to go, YYYY-MM-DD; none: not said')
    .option('--reason <text>', 'why, for the audit; needed for more v2');
}

/** Turns options into the body of a change; what was not given is left out. */
export async function readFields(given: GivenFields): Promise<Record<string, unknown>> {
  const { percentage, regions, from, until, requires, config, configSchema, sampling, logOnly } = given;
  const { owner, description, removeBy, reason } = given;
  const body: Record<string, unknown> = {};
  if (percentage !== undefined) body['percentage'] = readNumber('--percentage', percentage, 0, 100);
  if (regions !== undefined) body['regions'] = regions === 'none' ? null : listOf(regions);
  if (from !== undefined) body['from'] = orNull(from);
  if (until !== undefined) body['until'] = orNull(until);
  if (requires !== undefined) body['requires'] = requires === 'none' ? [] : listOf(requires);
  if (config !== undefined) body['config'] = await readJsonOption('--config', config);
  if (configSchema !== undefined)
    body['configSchema'] = configSchema === 'none' ? null : await readJsonOption('--config-schema', configSchema);
  if (sampling !== undefined) body['sampling'] = readNumber('--sampling', sampling, 0, 1);
  if (logOnly !== undefined) body['logOnly'] = logOnly;
  if (owner !== undefined) body['owner'] = orNull(owner);
  if (description !== undefined) body['description'] = orNull(description);
  if (removeBy !== undefined) body['removeBy'] = orNull(removeBy);
  if (reason !== undefined) body['reason'] = reason;
  return body;
}

const orNull = (text: string): string | null => (text === 'none' ? null : text);

function listOf(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes('')) throw usageError(`a list is separated by commas, found ${JSON.stringify(text.slice(0, 64))}`);
  return items;
}

const readJsonOption = (name: string, text: string): unknown =>
  text.startsWith('@') ? readJsonFile(text.slice(1)) : readJsonText(name, text);
