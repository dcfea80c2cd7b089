import type { Command } from 'commander';
import { showValue } from '../error.js';
import { createApi } from './api.js';
import { CliError, exitCodes, type ExitCode } from './exit.js';
import { readGlobalOptions, type CommandContext } from './options.js';
import { oneLine } from './output.js';
import { createProgressLine } from './planProgress.js';
import { readJsonFile } from './readJson.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

interface Diff {
  readonly differs: boolean;
  readonly changes: readonly {
    readonly feature: string;
    readonly action: 'create' | 'change';
    readonly rowRevision: number;
    readonly fields: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
  }[];
  readonly untouched: readonly string[];
}

type Entry = Readonly<Record<string, unknown>>;

/** Adds `features diff <file>`: exits with 5 when the document and the service differ. */
export function addDiff(features: Command, run: Run): void {
  features
    .command('diff')
    .description('what an import would change; exits with 5 when that is anything')
    .argument('<file>', 'a document of `features export`; - for stdin')
    .action((file: string, _: unknown, command: Command) => run((context) => importFile(command, context, file, true)));
}

/** Adds `features import <file>`. */
export function addImport(features: Command, run: Run): void {
  features
    .command('import')
    .description('bring features to a document, all or none; those that are not in it stay as they are')
    .argument('<file>', 'a document of `features export`; - for stdin')
    .option('--dry-run', 'only show what would change; the same as `features diff`')
    .option('--reason <text>', 'why, for the audit; needed for more v2')
    .action((file: string, given: { dryRun?: boolean; reason?: string }, command: Command) =>
      run((context) => importFile(command, context, file, given.dryRun === true, given.reason)),
    );
}

async function importFile(
  command: Command,
  context: CommandContext,
  file: string,
  isDry: boolean,
  reason?: string,
): Promise<ExitCode> {
  const { output } = context;
  const options = readGlobalOptions(command, context);
  const entries = entriesOf(file, await readJsonFile(file));
  const api = createApi(options);
  const line = createProgressLine(process.stderr);
  line.draw(`comparing ${entries.length} features`);
  const { body: diff } = await api.call<Diff>('POST', '/api/features/diff', { features: entries }).finally(line.clear);
  if (!options.json) for (const text of linesOf(diff)) output.data(text);
  if (isDry || !diff.differs) {
    if (options.json) output.data(JSON.stringify(diff));
    return diff.differs ? exitCodes.differs : exitCodes.ok;
  }
  // What was shown is what is made: if anything moved meanwhile, nothing is.
  const revisions = new Map(diff.changes.map(({ feature, rowRevision }) => [feature, rowRevision]));
  const features = entries.flatMap((entry) => {
    const rowRevision = revisions.get(String(entry['feature']));
    return rowRevision === undefined ? [] : [{ ...entry, rowRevision }];
  });
  const body = { features, ...(reason === undefined ? {} : { reason }) };
  line.draw(`changing ${features.length} features`);
  const { body: change } = await api.call<Change>('POST', '/api/features/import', body).finally(line.clear);
  output.data(
    options.json ? JSON.stringify(change) : `${features.length} features changed: revision ${change.revision}`,
  );
  return exitCodes.ok;
}

function entriesOf(file: string, document: unknown): readonly Entry[] {
  const isDocument =
    typeof document === 'object' && document !== null && 'schema' in document && 'features' in document;
  if (!isDocument || document.schema !== 1 || !Array.isArray(document.features))
    throw new CliError(
      `${file} is no document of features: { "schema": 1, "features": […] }, found ${showValue(document)}`,
    );
  return document.features as readonly Entry[];
}

function linesOf({ changes, untouched }: Diff): readonly string[] {
  if (changes.length === 0) return ['no difference'];
  const lines = changes.flatMap(({ feature, action, fields }) => [
    `${action === 'create' ? '+' : '~'} ${feature}`,
    ...fields.map(({ field, from, to }) => `    ${field}: ${action === 'create' ? '' : `${show(from)} → `}${show(to)}`),
  ]);
  return untouched.length === 0 ? lines : [...lines, `not in the document, left alone: ${untouched.join(', ')}`];
}

const show = (value: unknown): string => {
  const text = oneLine(JSON.stringify(value));
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
};
