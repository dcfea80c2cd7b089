/** Watches the console during one story. */
export interface ConsoleGuard {
  /** @throws Error for output that was not announced, and for an announcement that did not come true */
  check(): void;
  restore(): void;
}

// Whoever breaks a v2 in the addon's panel wants to see the v1 that takes its place, and no error screen.
const chosenInPanel = /v2 of \S+ fails on purpose \(fail: /;

/** Watches errors and warnings from now on. @param expected keeps what it matches out of the console */
export function guardConsole(expected: readonly RegExp[]): ConsoleGuard {
  const unexpected: string[] = [];
  const seen = new Set<RegExp>();
  const output: Pick<Console, 'error' | 'warn'> = console;
  const { error: logError, warn: logWarning } = output;
  const watch =
    (name: string, log: (...values: unknown[]) => void) =>
    (...values: unknown[]): void => {
      const text = values.map(String).join(' ');
      const announced = expected.filter((pattern) => pattern.test(text));
      for (const pattern of announced) seen.add(pattern);
      if (announced.length > 0) return;
      if (!chosenInPanel.test(text)) unexpected.push(`${name}: ${text}`);
      log(...values);
    };
  output.error = watch('console.error', logError);
  output.warn = watch('console.warn', logWarning);

  return {
    check() {
      if (unexpected.length > 0) throw new Error(`unexpected output:\n${unexpected.join('\n')}`);
      const missing = expected.filter((pattern) => !seen.has(pattern));
      if (missing.length > 0) throw new Error(`announced, but not seen in the console: ${missing.join(', ')}`);
    },
    restore() {
      output.error = logError;
      output.warn = logWarning;
    },
  };
}
