// That the list of mutations fits the source and the table; `npm run test:mutations` applies them.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRows } from '../render/rows/readRows.js';
import { applyMutation } from './applyMutation.js';
import { mutations } from './mutations.js';
import { drawSample, rowPattern } from './runMutations.js';

/** Rows that have tests and no mutation yet. Take yours out. */
const rowsWithoutMutation: readonly number[] = [];

test.each(mutations)('row $row: $file has once what is taken away: $why', (mutation) => {
  const code = readFileSync(mutation.file, 'utf8');
  expect(applyMutation(code, mutation)).not.toBe(code);
});

test('every row that has tests has a mutation', () => {
  const mutated = new Set(mutations.map(({ row }) => row));
  const rows = [...readRows().keys()].sort((a, b) => a - b);
  expect(rows.filter((row) => !mutated.has(row))).toEqual(rowsWithoutMutation);
  expect([...mutated].filter((row) => !rows.includes(row))).toEqual([]);
});

test('a row is found by its number, and no other one is', () => {
  const matches = (row: number, name: string) => new RegExp(rowPattern(row)).test(name);
  expect(matches(1, 'FeatureGate 1: a render that throws')).toBe(true);
  expect(matches(18, '18, 19: a loader')).toBe(true);
  expect(matches(19, 'versioned 18, 19: a loader')).toBe(true);
  expect(matches(1, '11: v1 throws')).toBe(false);
  expect(matches(1, '21: v2 suspends')).toBe(false);
});

test('a sample is drawn without repetition, and is the same for the same seed', () => {
  expect(drawSample(20, 6, 7)).toEqual(drawSample(20, 6, 7));
  expect(drawSample(20, 6, 7)).not.toEqual(drawSample(20, 6, 8));
  expect(drawSample(20, 20, 1).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  expect(drawSample(3, 6, 1)).toHaveLength(3);
});
