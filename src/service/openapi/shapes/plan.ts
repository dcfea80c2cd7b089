import * as v from 'valibot';
import { isObject } from '../../../evaluate/kind.js';
import type { GateAnswer, GateSetting } from '../../plans/gateAnswer.js';
import type { PlanStage, StoredPlan } from '../../plans/plan.js';
import { featureKey, percentage, text, time, whole } from './primitives.js';

const gateSetting = v.pipe(
  v.custom<GateSetting>((value) => isObject(value) && typeof value['kind'] === 'string'),
  v.metadata({
    jsonSchema: {
      type: 'object',
      properties: { kind: { type: 'string' } },
      required: ['kind'],
      additionalProperties: true,
    },
  }),
);

export const planStage = v.object({
  percentage,
  holdMinutes: v.pipe(v.number(), v.minValue(0)),
  gates: v.array(gateSetting),
}) satisfies v.GenericSchema<unknown, PlanStage>;

const gateAnswer = v.object({
  kind: text,
  outcome: v.picklist(['pass', 'hold', 'revert']),
  reason: text,
  verdict: v.nullable(v.picklist(['healthy', 'degraded', 'critical', 'inconclusive', 'noData'])),
}) satisfies v.GenericSchema<unknown, GateAnswer>;

const base = {
  id: whole,
  feature: featureKey,
  stages: v.array(planStage),
  createdAt: time,
  createdBy: text,
  actor: text,
  changedAt: time,
  reason: v.nullable(text),
};
const inStage = { stage: whole, startedAt: time, stageBeganAt: time, heldMs: v.pipe(v.number(), v.minValue(0)) };

/** What a plan has, phase by phase. */
const phases = [
  { status: v.literal('draft') },
  { status: v.literal('running'), ...inStage, runningSince: time, heldUntil: time, gates: v.array(gateAnswer) },
  { status: v.literal('paused'), ...inStage, cause: v.picklist(['person', 'rollback', 'percentage', 'feature']) },
  { status: v.picklist(['completed', 'rolledBack']), stage: whole, startedAt: time, endedAt: time },
  { status: v.literal('cancelled'), stage: v.nullable(whole), startedAt: v.nullable(time), endedAt: time },
] as const;

const inPhases = <const Extra extends v.ObjectEntries>(extra: Extra) => {
  const [draft, running, paused, ended, cancelled] = phases;
  return v.union([
    v.object({ ...base, ...extra, ...draft }),
    v.object({ ...base, ...extra, ...running }),
    v.object({ ...base, ...extra, ...paused }),
    v.object({ ...base, ...extra, ...ended }),
    v.object({ ...base, ...extra, ...cancelled }),
  ]);
};

export const plan = inPhases({}) satisfies v.GenericSchema<unknown, StoredPlan>;

/** A plan that was moved, and the change that came with it. */
export const changedPlan = inPhases({
  enabled: v.boolean(),
  epoch: whole,
  revision: whole,
  rollbackId: v.nullable(whole),
  auditId: v.nullable(whole),
});
