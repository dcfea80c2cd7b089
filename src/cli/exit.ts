/** What the shell is told. `differs`: a document or the code and the service are not the same, or features are due to go. `unconfirmed`: the rollback is in force, but not every open page has said that it shows it. `interrupted`: a signal ended it, and it can go on. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unhealthy: 3,
  unconfirmed: 4,
  differs: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with one line on stderr. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A wrong or missing argument. */
export const usageError = (message: string): CliError => new CliError(message, exitCodes.usage);
