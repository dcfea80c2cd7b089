import * as v from 'valibot';
import { share, text, whole } from './primitives.js';

const number = v.number();
const ms = v.nullable(number);
const percentile = v.nullable(v.object({ value: number, errorRatio: share }));
/** A histogram of durations, each percentile with its error bound. */
export const stepTiming = v.object({
  count: whole,
  meanMs: ms,
  minMs: ms,
  maxMs: ms,
  p50Ms: percentile,
  p95Ms: percentile,
  p99Ms: percentile,
});
const sum = v.object({ n: whole, sum: number });
const range = { n: whole, sum: number, min: number, max: number };
const measure = v.union([
  v.object({ kind: v.literal('counter'), unit: text, n: whole, sum: number }),
  v.object({ kind: v.literal('gauge'), unit: text, ...range, last: number }),
  v.object({
    kind: v.literal('histogram'),
    unit: text,
    ...range,
    p50: percentile,
    p95: percentile,
    p99: percentile,
  }),
]);

export const measures = v.record(v.string(), measure);
export const sums = v.object({ heapMb: v.exactOptional(sum), fetchErrors: v.exactOptional(sum) });
export const rate = v.pipe(
  v.nullable(v.object({ value: share, low: share, high: share, failed: whole, of: whole })),
  v.description('With its 95 % interval; null while nothing failed or settled'),
);
