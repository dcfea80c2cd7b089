import type { Command } from 'commander';
import { isFeatureKey } from '../evaluate/snapshot.js';
import type { AuditEntry } from '../service/index.js';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { readFeature, readGlobalOptions, readNumber } from './options.js';
import { oneLine, table } from './output.js';
import type { Run } from './run.js';

/** Adds `features history <feature>`. */
export function addHistory(features: Command, run: Run): void {
  features
    .command('history')
    .description('who changed what and why, newest first; of retired features too')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--limit <count>', 'how many entries, up to 1000', '50')
    .action((argument: string | undefined, given: { feature?: string; limit: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const limit = readNumber('--limit', given.limit, 1, 1_000, true);
        const path = `/api/audit?feature=${feature}&limit=${limit}`;
        const { body } = await createApi(options).call<{ entries: readonly AuditEntry[] }>('GET', path);
        if (options.json) context.output.data(JSON.stringify(body));
        else {
          const rows = body.entries.map((entry) => [
            entry.at,
            oneLine(entry.actor),
            entry.source,
            entry.action,
            whatOf(entry) || '-',
            entry.reason === null ? '-' : oneLine(entry.reason),
          ]);
          context.output.data(table([['when', 'who', 'from', 'action', 'what', 'why'], ...rows]));
        }
        return exitCodes.ok;
      }),
    );
}

const bookkeeping: ReadonlySet<string> = new Set(['row_revision', 'updated_at', 'changed_at', 'xid', 'revision']);
const shownLength = 40;

/** What an entry changed, column by column. */
function whatOf({ before, after }: AuditEntry): string {
  if (before === null || after === null) return '';
  return Object.keys(after)
    .filter((column) => !bookkeeping.has(column) && JSON.stringify(before[column]) !== JSON.stringify(after[column]))
    .map((column) => `${nameOf(column)} ${show(before[column])} → ${show(after[column])}`)
    .join(', ');
}

const nameOf = (column: string): string =>
  isFeatureKey(column) ? column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) : '?';

function show(value: unknown): string {
  if (value === null || value === undefined) return '-';
  const text = oneLine(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > shownLength ? `${text.slice(0, shownLength - 1)}…` : text;
}
