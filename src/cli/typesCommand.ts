import type { Command } from 'commander';
import { createApi } from './api.js';
import { compareCode, type PublishedFeature, type TypeFault } from './compareCode.js';
import { exitCodes, usageError } from './exit.js';
import { readGlobalOptions } from './options.js';
import { oneLine } from './output.js';
import { readCode } from './readCode.js';
import type { Run } from './run.js';

interface Given {
  readonly check?: string;
  readonly export?: string;
}

/** Adds `types --check <file>`: the features of the code against those of the service; exits with 5 while they differ. */
export function addTypes(program: Command, run: Run): void {
  program
    .command('types')
    .description('the features of the code against those of the service. Exits with 5 while they differ')
    .option(
      '--check <file>',
      'what defineFeatures is given: a module (.js, .mjs, .cjs; .ts where Node strips types) or JSON; -: JSON from stdin',
    )
    .option(
      '--export <name>',
      'which export of the module; default: features, default, or every one that is a feature set',
    )
    .action((given: Given, command: Command) =>
      run(async (context) => {
        if (given.check === undefined) throw usageError('which code? Give the file as --check src/features.js');
        const options = readGlobalOptions(command, context);
        const code = await readCode(given.check, given.export);
        const api = createApi(options);
        const [published, retired] = await Promise.all([
          api.call<{ features: readonly PublishedFeature[] }>('GET', '/api/features'),
          api.call<{ features: readonly { readonly feature: string }[] }>('GET', '/api/retired'),
        ]);
        const faults = compareCode(
          code,
          published.body.features,
          retired.body.features.map(({ feature }) => feature),
        );
        const count = Object.keys(code).length;
        if (options.json) context.output.data(JSON.stringify({ features: count, differs: faults.length > 0, faults }));
        else
          context.output.data(
            faults.length === 0
              ? `${count} ${count === 1 ? 'feature' : 'features'}, as the service has them`
              : textOf(faults),
          );
        return faults.length === 0 ? exitCodes.ok : exitCodes.differs;
      }),
    );
}

const textOf = (faults: readonly TypeFault[]): string =>
  faults.map(({ at, what, cure }) => oneLine(`${at}: ${what}; ${cure}`)).join('\n');
