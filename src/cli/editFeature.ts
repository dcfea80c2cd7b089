import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { addFieldOptions, readFields, type GivenFields } from './featureFields.js';
import { readFeature, readGlobalOptions } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

/** Adds `features edit <feature>`. */
export function addEdit(features: Command, run: Run): void {
  const edit = features
    .command('edit')
    .description('change any field of a feature; what is not given stays')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument');
  addFieldOptions(edit).action(
    (argument: string | undefined, given: GivenFields & { feature?: string }, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const body = await readFields(given);
        const names = Object.keys(body).filter((name) => name !== 'reason');
        if (names.length === 0) throw usageError('change what? Give --percentage, --requires, --config or another');
        const api = createApi(options);
        const path = `/api/features/${feature}`;
        const { etag } = await api.call('GET', path);
        const { body: change } = await api.call<Change>('PATCH', path, body, etag);
        const what = change.auditId === null ? 'nothing to change' : `changed ${names.join(', ')}`;
        context.output.data(options.json ? JSON.stringify(change) : `${feature}: ${what}: revision ${change.revision}`);
        return exitCodes.ok;
      }),
  );
}
