import { styleText } from 'node:util';
import { redactSecrets } from '../service/tokenSecret.js';

/** Where a command writes: data for the next program to stdout, words for people to stderr. */
export interface Output {
  data(text: string): void;
  message(text: string): void;
  /** Marks v1 and v2 apart where colours are wanted. */
  version(version: string): string;
}

/** Colours only on a terminal, and never with `NO_COLOR`. */
export function createOutput(env: NodeJS.ProcessEnv): Output {
  const isColoured = process.stdout.isTTY === true && (env['NO_COLOR'] ?? '') === '';
  return {
    data: (text) => void process.stdout.write(`${text}\n`),
    message: (text) => void process.stderr.write(`${redactSecrets(text)}\n`),
    version: (version) => (isColoured ? styleText(version === 'v2' ? 'green' : 'blue', version) : version),
  };
}

/** Lines up rows in columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One line: control characters of whoever wrote the text cannot move the cursor. */
export const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');
