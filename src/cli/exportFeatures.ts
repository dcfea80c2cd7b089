import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { StoredFeature } from '../service/index.js';
import { createApi } from './api.js';
import { CliError, exitCodes } from './exit.js';
import { readFeature, readGlobalOptions } from './options.js';
import { oneLine } from './output.js';
import type { Run } from './run.js';

/** Adds `features export`. */
export function addExport(features: Command, run: Run): void {
  features
    .command('export')
    .description('all features as one JSON document, for `features diff` and `features import`')
    .argument('[features...]', 'only these')
    .option('--output <file>', 'instead of stdout')
    .action((given: readonly string[], { output: file }: { output?: string }, command: Command) =>
      run(async ({ output, ...context }) => {
        const options = readGlobalOptions(command, { output, ...context });
        const wanted = new Set(given.map((one) => readFeature(one, undefined)));
        const { body } = await createApi(options).call<{ features: readonly StoredFeature[] }>('GET', '/api/features');
        const known = new Set(body.features.map(({ feature }) => feature));
        const unknown = [...wanted].find((one) => !known.has(one));
        if (unknown !== undefined) throw new CliError(`there is no feature ${JSON.stringify(unknown)}`);
        const chosen = body.features.filter(({ feature }) => wanted.size === 0 || wanted.has(feature));
        const document = JSON.stringify({ schema: 1, features: chosen.map(toEntry) }, null, 2);
        if (file === undefined) output.data(document);
        else {
          await writeFile(file, `${document}\n`).catch((error: unknown) => {
            throw new CliError(oneLine(`cannot write ${file}: ${String(error)}`));
          });
          output.message(`${chosen.length} features in ${file}`);
        }
        return exitCodes.ok;
      }),
    );
}

/** What may be set; not what is counted, and not what happened. */
const toEntry = (feature: StoredFeature) => ({
  feature: feature.feature,
  enabled: feature.enabled,
  percentage: feature.percentage,
  requires: feature.requires,
  regions: feature.regions,
  from: feature.from,
  until: feature.until,
  allow: feature.allow,
  deny: feature.deny,
  config: feature.config,
  configSchema: feature.configSchema,
  sampling: feature.sampling,
  logOnly: feature.logOnly,
  owner: feature.owner,
  description: feature.description,
  removeBy: feature.removeBy,
});
