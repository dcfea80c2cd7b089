import { expect, test } from 'vitest';
import type { GateAnswer, GateVerdict } from '../../../src/service/plans/gateAnswer.js';
import { nextStep } from '../../../src/service/plans/nextStep.js';
import type { RunningPlan } from '../../../src/service/plans/plan.js';
import { createGateRegistry, type PlanGate } from '../../../src/service/plans/planGate.js';
import { presets } from '../../../src/service/plans/presets.js';
import type { StoredFeature } from '../../../src/service/store.js';
import { judgeOf, stagesOf } from './openPlans.js';

const at = '2026-01-01T00:00:00.000Z';
const plan = (gates: readonly { kind: string }[], heldMinutes = 60): RunningPlan => ({
  id: 7,
  feature: 'memoryPanel',
  stages: stagesOf([10, 100], 60, gates),
  createdAt: at,
  createdBy: 'ada',
  changedAt: at,
  actor: 'ada',
  reason: null,
  status: 'running',
  stage: 1,
  startedAt: at,
  stageBeganAt: at,
  runningSince: at,
  heldUntil: at,
  heldMs: heldMinutes * 60_000,
  gates: [],
});
const feature = { feature: 'memoryPanel', enabled: true, percentage: 10 } as StoredFeature;

/** A gate that says what it is told to. */
const fake = (answer: Omit<GateAnswer, 'kind'> | Error, needsTotals = true): PlanGate => ({
  kind: 'fake',
  needsTotals,
  check: () => null,
  evaluate() {
    if (answer instanceof Error) throw answer;
    return answer;
  },
});
const step = (gate: PlanGate, kinds = ['fake'], heldMinutes = 60) => {
  const running = plan(
    kinds.map((kind) => ({ kind })),
    heldMinutes,
  );
  const judgement = judgeOf([gate]).judge(running, []);
  return nextStep(running, { feature, rollback: null, judgement }).kind;
};

test.each<[GateVerdict | null, string, string, string]>([
  ['healthy', 'advance', 'hold', 'hold'],
  ['degraded', 'hold', 'hold', 'revert'],
  ['critical', 'hold', 'hold', 'revert'],
  ['inconclusive', 'hold', 'hold', 'revert'],
  ['noData', 'hold', 'hold', 'revert'],
  [null, 'hold', 'hold', 'hold'],
])('a gate on numbers that concludes %s may lead to %s, %s or %s', (verdict, onPass, onHold, onRevert) => {
  const become = (outcome: GateAnswer['outcome']) => step(fake({ outcome, reason: 'so', verdict }));
  expect([become('pass'), become('hold'), become('revert')]).toEqual([onPass, onHold, onRevert]);
});

test('harm wins over gates that hold or pass, and need not wait for the time', () => {
  const harm = fake({ outcome: 'revert', reason: 'errors', verdict: 'critical' });
  expect(step(harm, ['manual', 'time', 'fake'])).toBe('revert');
  expect(step(harm, ['fake'], 0)).toBe('revert');
});

test('a gate that passes does not shorten the hold, and one by hand outlasts it', () => {
  const good = fake({ outcome: 'pass', reason: 'fine', verdict: 'healthy' });
  expect(step(good, ['fake'], 59)).toBe('hold');
  expect(step(good, ['fake', 'manual'])).toBe('hold');
  expect(step(good, ['time', 'fake'])).toBe('advance');
  expect(step(good, [])).toBe('advance');
});

test('a gate that fails, is not known, or gets no numbers holds', () => {
  const running = plan([{ kind: 'fake' }]);
  const failing = judgeOf([fake(new Error('boom'))]);
  expect(failing.judge(running, [])).toMatchObject({ outcome: 'hold', answers: [{ kind: 'fake', verdict: null }] });
  expect(failing.faults).toEqual(['gate fake']);
  expect(judgeOf().judge(running, [])).toMatchObject({ outcome: 'hold', reason: expect.stringContaining('"fake"') });
  const good = judgeOf([fake({ outcome: 'pass', reason: 'fine', verdict: 'healthy' })]);
  expect(good.needsTotals(running)).toBe(true);
  expect(good.judge(running, null)).toMatchObject({ outcome: 'hold', answers: [{ verdict: 'noData' }] });
  expect(good.needsTotals(plan([{ kind: 'time' }, { kind: 'manual' }]))).toBe(false);
});

test('a plan goes on only with a feature that is on, at its stage and not rolled back', () => {
  const judgement = judgeOf().judge(plan([]), []);
  const causeOf = (surroundings: object) => nextStep(plan([]), { feature, rollback: null, judgement, ...surroundings });
  expect(causeOf({})).toMatchObject({ kind: 'advance', stage: 2, percentage: 100 });
  expect(causeOf({ feature: null })).toMatchObject({ kind: 'pause', cause: 'feature' });
  expect(causeOf({ feature: { ...feature, enabled: false } })).toMatchObject({ kind: 'pause', cause: 'feature' });
  expect(causeOf({ feature: { ...feature, percentage: 10.01 } })).toMatchObject({ cause: 'percentage' });
  expect(causeOf({ rollback: { id: 3, feature: null } })).toMatchObject({
    cause: 'rollback',
    reason: 'emergency rollback 3',
  });
});

test('there is one gate of a kind', () => {
  expect([...createGateRegistry([fake(new Error('x'))]).keys()]).toEqual(['time', 'manual', 'fake']);
  expect(() => createGateRegistry([{ ...fake(new Error('x')), kind: 'time' }])).toThrow(/two of kind "time"/);
});

test('every preset rises to everybody', () => {
  expect([...presets.keys()]).toContain('standard');
  expect(presets.get('standard')?.map(({ percentage }) => percentage)).toEqual([1, 10, 25, 50, 100]);
  for (const [name, stages] of presets) {
    const percentages = stages.map(({ percentage }) => percentage);
    expect(percentages, name).toEqual([...new Set(percentages)].sort((a, b) => a - b));
    expect(percentages.at(-1), name).toBe(100);
    for (const { holdMinutes } of stages) expect(holdMinutes, name).toBeGreaterThan(0);
  }
});
