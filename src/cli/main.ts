#!/usr/bin/env node
// Comes in: arguments, the environment. Goes out: data on stdout, words on stderr, an exit code. Who calls: the shell.
import { Command } from 'commander';
import { addAcknowledge } from './acknowledge.js';
import { addBaseline } from './baseline.js';
import { addDistribution } from './distribution.js';
import { addDoctor } from './doctor.js';
import { addEmergencyRollback } from './emergencyRollback.js';
import { exitCodes, type ExitCode } from './exit.js';
import { addFeatures } from './features.js';
import { addMetrics } from './metrics.js';
import { addMigrate } from './migrateCommand.js';
import { addGlobalOptions } from './options.js';
import { createOutput } from './output.js';
import { addPlan } from './plan.js';
import { addReport } from './report.js';
import { addRollback } from './rollbackCommand.js';
import { reportFailure, type Run } from './run.js';
import { addServe } from './serve.js';
import { addStale } from './stale.js';
import { addTokens } from './tokens.js';
import { addTypes } from './typesCommand.js';
import { addUndo } from './undo.js';

const exitCodesHelp = `
Exit codes: 0 ok, 1 failed, 2 usage, 3 the service is not well, 4 rolled back but not confirmed by every open page, 5 differs or is due to go, 130 stopped by a signal`;

const output = createOutput(process.env);
let exitCode: ExitCode = exitCodes.ok;
const run: Run = async (command) => {
  exitCode = await command({ env: process.env, output });
};

const program = new Command('switchback')
  .description('v1 and v2 side by side: roll out, watch, roll back')
  .exitOverride()
  .showSuggestionAfterError(false)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'switchback: ')) })
  .addHelpText('after', exitCodesHelp);
addGlobalOptions(program);
addServe(program, run);
addMigrate(program, run);
addFeatures(program, run);
addRollback(program, 'rollback', run);
addEmergencyRollback(program, run);
addUndo(program, run);
addAcknowledge(program, run);
addDistribution(program, run);
addPlan(program, run);
addBaseline(program, run);
addMetrics(program, run);
addDoctor(program, run);
addReport(program, run);
addStale(program, run);
addTypes(program, run);
addTokens(program, run);

try {
  await program.parseAsync();
} catch (error) {
  exitCode = reportFailure(error, output);
}
process.exitCode = exitCode;
