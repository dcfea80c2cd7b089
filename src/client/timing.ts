import type { Observed } from './episode.js';

export const timingOf = (name: string, value: number): Observed => ({
  kind: 'measure',
  name,
  measure: 'histogram',
  unit: 'ms',
  value,
});
