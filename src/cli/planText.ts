import { assertNever } from '../error.js';
import type { PlanStage, StoredPlan } from '../service/index.js';
import { oneLine, table } from './output.js';

const noStage: PlanStage = { percentage: 0, holdMinutes: 0, gates: [] };

/** The stage a plan is at, or was at its end; the first one before the start. */
const stageAt = (plan: StoredPlan): PlanStage => plan.stages[(stageNumber(plan) ?? 1) - 1] ?? noStage;

const stageNumber = (plan: StoredPlan): number | null => ('stage' in plan ? plan.stage : null);

/** Where a plan is, in a few words. */
export function whereOf(plan: StoredPlan): string {
  const stage = stageNumber(plan);
  return stage === null ? '-' : `stage ${stage} of ${plan.stages.length}, ${stageAt(plan).percentage} %`;
}

/** What became of a plan, in one line. */
export function sentenceOf(plan: StoredPlan): string {
  const why = plan.reason === null ? '' : `: ${oneLine(plan.reason)}`;
  const what = `plan ${plan.id} of ${plan.feature}`;
  switch (plan.status) {
    case 'draft':
      return `${what} is a draft; start it: switchback plan start ${plan.id} --reason "…"`;
    case 'running':
      return `${what} runs: ${whereOf(plan)}, held until ${plan.heldUntil} at least`;
    case 'paused':
      return `${what} is paused at ${whereOf(plan)} (${plan.cause})${why}`;
    case 'completed':
      return `${what} is completed: ${stageAt(plan).percentage} %`;
    case 'rolledBack':
      return `${what} is rolled back: v1 for everyone${why}`;
    case 'cancelled':
      return `${what} is cancelled; the feature stays as it is${why}`;
    default:
      return assertNever(plan);
  }
}

/** Minutes in the largest units that fit, such as `2 d 3 h`. */
export function durationOf(minutes: number): string {
  if (minutes > 0 && minutes < 1) return `${Math.round(minutes * 60)} s`;
  const whole = Math.round(minutes);
  if (whole === 0) return '0 min';
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 1_440), 'd'],
    [Math.floor((whole % 1_440) / 60), 'h'],
    [whole % 60, 'min'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .slice(0, 2)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** How far a running plan is in its stage, in one line; null while there is nothing to wait for. */
export function progressOf(plan: StoredPlan): string | null {
  if (plan.status !== 'running') return null;
  const { holdMinutes, percentage } = stageAt(plan);
  const heldMinutes = plan.heldMs / 60_000;
  const share = holdMinutes === 0 ? 1 : Math.min(1, heldMinutes / holdMinutes);
  const filled = Math.floor(share * 20);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}]`;
  const waiting = plan.gates.find(({ outcome }) => outcome !== 'pass');
  const held = `${durationOf(Math.min(heldMinutes, holdMinutes))} of ${durationOf(holdMinutes)}`;
  const gate = waiting === undefined ? '' : `  ${waiting.kind}: ${oneLine(waiting.reason)}`;
  return `${plan.feature} ${percentage} %  stage ${plan.stage}/${plan.stages.length} ${bar} ${held}${gate}`;
}

/** Everything about a plan, for people. */
export function detailsOf(plan: StoredPlan): string {
  const current = stageNumber(plan);
  const rows = plan.stages.map(({ percentage, holdMinutes, gates }, at) => [
    `${at + 1 === current ? '>' : ' '} ${at + 1}`,
    `${percentage} %`,
    durationOf(holdMinutes),
    gates.map(({ kind }) => kind).join(', '),
  ]);
  const answers =
    plan.status === 'running'
      ? plan.gates.map(({ kind, outcome, reason }) => `gate ${kind}: ${outcome}, ${oneLine(reason)}`)
      : [];
  const by = `${plan.status} by ${oneLine(plan.actor)} at ${plan.changedAt}${plan.reason === null ? '' : `: ${oneLine(plan.reason)}`}`;
  const progress = progressOf(plan);
  return [
    sentenceOf(plan),
    by,
    ...(progress === null ? [] : [progress]),
    table([['  stage', 'percentage', 'hold', 'gates'], ...rows]),
    ...answers,
  ].join('\n');
}
