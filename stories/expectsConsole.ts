/**
 * Announces what a story writes to the console, such as React's report of an error that a boundary caught. All of it has to
 * come, and nothing else may.
 * @returns parameters of the story
 */
export const expectsConsole = (...patterns: RegExp[]) => ({ expectedOutput: { patterns } });

/** What was announced with `expectsConsole`. */
export function expectedOutput(parameters: object): readonly RegExp[] {
  const { expectedOutput: announced } = parameters as Partial<ReturnType<typeof expectsConsole>>;
  return announced?.patterns ?? [];
}
