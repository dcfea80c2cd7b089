// The behaviour table has 42 rows, and tests name theirs: '18, 19: a loader that …'.
import { expect, test } from 'vitest';
import { readRows } from './readRows.js';

/** Rows nobody has written a test for. Take yours out. */
const missingRows: readonly number[] = [];

const all = Array.from({ length: 42 }, (_, at) => at + 1);

test('every row has a test or is known to miss one', () => {
  const rows = readRows();
  expect(all.filter((row) => !rows.has(row))).toEqual(missingRows);
});

test('no test names a row that is not in the table', () => {
  expect([...readRows().keys()].filter((row) => !all.includes(row))).toEqual([]);
});
