import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { changedPlan, plan, planStage } from '../shapes/plan.js';
import { limitQuery } from './queryDocs.js';

const moved = { 200: { description: 'The plan, and the change.', schema: changedPlan } };
const more = 'Needs a reason.';

const move = (name: string, summary: string) =>
  ({
    tag: 'plans',
    id: `${name}Plan`,
    summary,
    bodyIsOptional: true,
    example: { reason: 'as announced' },
    answers: moved,
    problems: ['not-found', 'conflict', 'unavailable'],
  }) as const;

/** What the document says of routes of rollout plans. */
export const planDocs = {
  list: {
    tag: 'plans',
    id: 'listPlans',
    summary: 'Plans, newest first, and the presets by name.',
    query: { limit: limitQuery, feature: { description: 'Of this feature alone.', schema: v.string() } },
    answers: {
      200: {
        description: 'Also those that have ended.',
        schema: v.object({ plans: v.array(plan), presets: v.record(v.string(), v.array(planStage)) }),
      },
    },
    problems: ['invalid-value', 'unavailable'],
  },
  create: {
    tag: 'plans',
    id: 'createPlan',
    summary: 'Write a plan down, from stages or a preset. Changes nothing yet.',
    example: { feature: 'memoryPanel', stages: [{ percentage: 10, holdMinutes: 1_440, gates: [{ kind: 'time' }] }] },
    answers: { 201: { description: 'A draft.', schema: plan, headers: { Location: 'Of the plan.' } } },
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  show: {
    tag: 'plans',
    id: 'showPlan',
    summary: 'One plan.',
    answers: { 200: { description: 'As it is.', schema: plan } },
    problems: ['not-found', 'unavailable'],
  },
  start: move('start', `Begin: the feature is on, at the first stage. ${more}`),
  pause: move('pause', 'Stand still at this stage.'),
  resume: move('resume', `Go on. ${more}`),
  promote: move('promote', `To the next stage now. ${more}`),
  rollback: move('rollBack', 'v1 for everyone, and the end of the plan. Works in every phase.'),
  cancel: move('cancel', 'The end of the plan; the feature stays as it is.'),
} as const satisfies Readonly<Record<string, RouteDoc>>;
