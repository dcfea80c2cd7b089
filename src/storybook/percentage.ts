import type { Version } from '../evaluate/snapshot.js';

export const isPercentage = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= 100;

/** @returns 100 for v2, 0 for v1 */
export const percentageOf = (version: Version): number => (version === 'v2' ? 100 : 0);
