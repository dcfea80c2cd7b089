import type { Command } from 'commander';
import { createApi } from './api.js';
import { exitCodes } from './exit.js';
import { addFieldOptions, readFields, type GivenFields } from './featureFields.js';
import { readFeature, readGlobalOptions } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

interface Given extends GivenFields {
  readonly feature?: string;
  readonly enabled?: boolean;
}

/** Adds `features create <feature>`. */
export function addCreate(features: Command, run: Run): void {
  const create = features
    .command('create')
    .description('make a feature known; it is off unless you say otherwise')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--enabled', 'on from the start');
  addFieldOptions(create).action((argument: string | undefined, given: Given, command: Command) =>
    run(async (context) => {
      const options = readGlobalOptions(command, context);
      const feature = readFeature(argument, given.feature);
      const fields = await readFields(given);
      const enabled = given.enabled === true;
      const body = { feature, enabled, ...fields };
      const { body: change } = await createApi(options).call<Change>('POST', '/api/features', body);
      const percentage = Number(fields['percentage'] ?? 0);
      const text = `${feature} is ${enabled ? `on at ${percentage} %` : 'off'}: revision ${change.revision}`;
      context.output.data(options.json ? JSON.stringify(change) : text);
      return exitCodes.ok;
    }),
  );
}
