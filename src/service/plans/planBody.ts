import * as v from 'valibot';
import { showValue } from '../../error.js';
import { featureField, percentageField, reasonField } from '../http/featureBody.js';
import { parseFields } from '../http/parseFields.js';
import { Problem, refuseField, type FieldError } from '../http/problem.js';
import type { GateSetting } from './gateAnswer.js';
import { planCaps, type PlanStage } from './plan.js';
import type { GateRegistry } from './planGate.js';
import { presets } from './presets.js';

const hold = `minutes, 0 to ${planCaps.holdMinutes}`;
const gates = `a list of at most ${planCaps.gatesPerStage} gates such as { "kind": "time" }`;
const maxSettingLength = 2_000;

const gateField = v.pipe(
  v.custom<GateSetting>(
    (value) => typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string',
    'a gate such as { "kind": "time" }',
  ),
  v.metadata({
    jsonSchema: {
      type: 'object',
      properties: { kind: { type: 'string' } },
      required: ['kind'],
      additionalProperties: true,
    },
  }),
  v.check(
    (value) => JSON.stringify(value).length <= maxSettingLength,
    `at most ${maxSettingLength} characters of JSON`,
  ),
);
const stageField = v.strictObject(
  {
    percentage: percentageField,
    holdMinutes: v.pipe(v.number(hold), v.minValue(0, hold), v.maxValue(planCaps.holdMinutes, hold)),
    gates: v.optional(v.pipe(v.array(gateField, gates), v.maxLength(planCaps.gatesPerStage, gates)), [
      { kind: 'time' },
    ]),
  },
  (issue) =>
    issue.expected === 'never'
      ? 'unknown field (known: percentage, holdMinutes, gates)'
      : '{ "percentage", "holdMinutes", "gates"? }',
);
const count = `1 to ${planCaps.stages} stages`;

/** The fields of `POST /api/plans`: stages, or the name of a preset. */
const planFields = {
  feature: featureField,
  preset: v.exactOptional(v.string('the name of a preset')),
  stages: v.exactOptional(
    v.pipe(v.array(stageField, count), v.minLength(1, count), v.maxLength(planCaps.stages, count)),
  ),
  reason: v.exactOptional(reasonField),
};

export const planBody = v.strictObject(planFields);

/** What a body asks for. */
export interface PlanRequest {
  readonly feature: string;
  readonly stages: readonly PlanStage[];
  readonly reason: string | null;
}

/**
 * Reads the body of `POST /api/plans`.
 * @throws Problem 422, naming every field that is wrong: stages that do not rise, gates of no known kind
 */
export function parsePlan(body: unknown, registry: GateRegistry): PlanRequest {
  const { feature, preset, stages, reason = null } = parseFields(planFields, body);
  if ((preset === undefined) === (stages === undefined))
    throw refuseField('/stages', stages, `stages or a preset: one of ${[...presets.keys()].join(', ')}`);
  const found = preset === undefined ? stages : presets.get(preset);
  if (found === undefined) throw refuseField('/preset', preset, `one of ${[...presets.keys()].join(', ')}`);
  // Of 0.1 + 0.2 the database keeps 0.30.
  const rounded = found.map((stage) => ({ ...stage, percentage: Math.round(stage.percentage * 100) / 100 }));
  const errors = [...risingErrors(rounded), ...gateErrors(rounded, registry)];
  if (errors.length > 0)
    throw new Problem('invalid-value', errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '), {
      errors: errors.slice(0, 20),
    });
  return { feature, stages: rounded, reason };
}

function* risingErrors(stages: readonly PlanStage[]): Generator<FieldError> {
  for (const [at, { percentage }] of stages.entries()) {
    const before = stages[at - 1];
    if (before === undefined || percentage > before.percentage) continue;
    const message = `stages rise: more than the ${before.percentage} % of the stage before`;
    yield { pointer: `/stages/${at}/percentage`, value: showValue(percentage), message };
  }
}

function* gateErrors(stages: readonly PlanStage[], registry: GateRegistry): Generator<FieldError> {
  for (const [at, stage] of stages.entries())
    for (const [gateAt, setting] of stage.gates.entries()) {
      const gate = registry.get(setting.kind);
      const pointer = `/stages/${at}/gates/${gateAt}`;
      if (gate === undefined) {
        const message = `no gate is called ${showValue(setting.kind)}; there are ${[...registry.keys()].join(', ')}`;
        yield { pointer: `${pointer}/kind`, value: showValue(setting.kind), message };
        continue;
      }
      const message = gate.check(setting);
      if (message !== null) yield { pointer, value: showValue(setting), message };
    }
}
