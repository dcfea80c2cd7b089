import { CommanderError } from 'commander';
import { ListenError, StoreError } from '../service/index.js';
import { SwitchbackError } from '../error.js';
import { CliError, exitCodes, type ExitCode } from './exit.js';
import type { CommandContext } from './options.js';
import { oneLine, type Output } from './output.js';

/** Runs the body of a command. */
export type Run = (command: (context: CommandContext) => Promise<ExitCode>) => Promise<void>;

/** Turns whatever ended a command into one line on stderr and an exit code. */
export function reportFailure(error: unknown, output: Output): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliError) {
    output.message(`switchback: ${oneLine(error.message)}`);
    return error.exitCode;
  }
  if (error instanceof SwitchbackError || error instanceof StoreError || error instanceof ListenError) {
    output.message(`switchback: ${oneLine(error.message.replace(/^\[switchback\] /, ''))}`);
    return error instanceof SwitchbackError && error.code === 'invalid-option' ? exitCodes.usage : exitCodes.failed;
  }
  output.message(`switchback: ${oneLine(error instanceof Error ? (error.stack ?? error.message) : String(error))}`);
  return exitCodes.failed;
}
