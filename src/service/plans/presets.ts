import type { PlanStage } from './plan.js';

const day = 1_440;
const byTime = [{ kind: 'time' }] as const;
const byHand = [{ kind: 'manual' }] as const;

const stage = (percentage: number, holdMinutes: number, gates: PlanStage['gates'] = byTime): PlanStage => ({
  percentage,
  holdMinutes,
  gates,
});

/** Plans by name, for those who do not want to write down stages. Holds are the least that is waited. */
export const presets: ReadonlyMap<string, readonly PlanStage[]> = new Map([
  // Two days with one percent, then a day for each step.
  ['standard', [stage(1, 2 * day), stage(10, day), stage(25, day), stage(50, day), stage(100, day)]],
  // A day with ten percent, then gradually.
  ['canary', [stage(10, day), stage(25, day), stage(50, day), stage(100, day)]],
  // Stability, then scale, then everybody, watched for a week.
  ['three-phase', [stage(10, 2 * day), stage(50, 5 * day), stage(100, 7 * day)]],
  // Mondays and Thursdays.
  ['weekly', [stage(5, 3 * day), stage(25, 4 * day), stage(50, 3 * day), stage(100, day)]],
  // Every other day; whether everybody gets it is somebody's decision.
  ['decide-at-half', [stage(5, 2 * day), stage(25, 2 * day), stage(50, 2 * day, byHand), stage(100, day)]],
  // After a rollback and its fix.
  ['re-enable', [stage(1, day), stage(10, day), stage(50, day), stage(100, day)]],
]);
