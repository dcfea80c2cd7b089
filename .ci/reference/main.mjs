// `npm run docs:reference`: writes `docs/reference` from the docstrings of what the package exports. Exits 1, naming each, for
// exports without a docstring and for links that lead nowhere, and leaves the folder as it was.
// For its test: `--out <folder>` writes elsewhere, `--entry <file> --tsconfig <file>` reads another package.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Application, LogLevel, TSConfigReader, TypeDocReader } from 'typedoc';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: resolve(here, '../../docs/reference') },
    entry: { type: 'string' },
    tsconfig: { type: 'string', default: resolve(here, 'tsconfig.json') },
  },
});

const given = {
  options: here,
  out: resolve(values.out),
  tsconfig: resolve(values.tsconfig),
  logLevel: LogLevel.Warn,
};
if (values.entry !== undefined) given.entryPoints = [resolve(values.entry)];
process.chdir(here);
const app = await Application.bootstrapWithPlugins(given, [new TypeDocReader(), new TSConfigReader()]);

const isFaulty = () => app.logger.hasErrors() || app.logger.hasWarnings();
const project = await app.convert();
if (project !== undefined) app.validate(project);
if (project === undefined || isFaulty()) process.exit(1);
await app.generateOutputs(project);
process.exit(isFaulty() ? 1 : 0);
