import { readdirSync, readFileSync } from 'node:fs';

/** How a test of the table names its rows: `'18, 19: a loader that …'`. A describe around it may do it as well. */
const rowsOfName = /\b(?:test|describe)\b[^'"`\n]*\(\s*['"`](\d+(?:, \d+)*): /g;
// `test.each([...])('7: …')`, whose table may be of any length.
const rowsOfTableName = /\]\)\(\s*['"`](\d+(?:, \d+)*): /g;

/** The rows of the behaviour table that have tests, each with the files they are in. */
export function readRows(): ReadonlyMap<number, readonly string[]> {
  const rows = new Map<number, string[]>();
  for (const file of readdirSync(import.meta.dirname).filter((name) => /\.test\.tsx?$/.test(name))) {
    const code = readFileSync(`${import.meta.dirname}/${file}`, 'utf8');
    for (const [, numbers = ''] of [...code.matchAll(rowsOfName), ...code.matchAll(rowsOfTableName)])
      for (const row of numbers.split(', ').map(Number)) rows.set(row, [...(rows.get(row) ?? []), file]);
  }
  return rows;
}
