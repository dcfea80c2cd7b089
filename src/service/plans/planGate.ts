import { SwitchbackError } from '../../error.js';
import type { StoredTotals } from '../store.js';
import type { GateAnswer, GateSetting } from './gateAnswer.js';
import type { PlanStage, RunningPlan } from './plan.js';

/** Something that has to be fine before a plan goes on. */
export interface PlanGate {
  readonly kind: string;
  /** Whether `evaluate` needs numbers: both versions since the stage began to run. Without them the gate is not asked: it holds. */
  readonly needsTotals: boolean;
  /** What is wrong with a setting of this kind, in words; null when nothing is. */
  check(setting: GateSetting): string | null;
  /** Asked at every tick, from the beginning of a stage on: harm need not wait for the hold to be over. */
  evaluate(
    plan: RunningPlan,
    stage: PlanStage,
    totals: readonly StoredTotals[],
    setting: GateSetting,
  ): Omit<GateAnswer, 'kind'>;
}

const takesNothing = ({ kind, ...rest }: GateSetting): string | null =>
  Object.keys(rest).length === 0 ? null : `a gate of kind ${kind} takes nothing else`;

/** Passes: the hold of a stage is waited for in any case. */
const timeGate: PlanGate = {
  kind: 'time',
  needsTotals: false,
  check: takesNothing,
  evaluate: () => ({ outcome: 'pass', reason: 'by time alone', verdict: null }),
};

/** Holds until somebody promotes the plan. */
const manualGate: PlanGate = {
  kind: 'manual',
  needsTotals: false,
  check: takesNothing,
  evaluate: () => ({ outcome: 'hold', reason: 'waits until somebody promotes it', verdict: null }),
};

/** The kinds of gates a service knows. */
export type GateRegistry = ReadonlyMap<string, PlanGate>;

/**
 * Puts gates beside `time` and `manual`.
 * @throws SwitchbackError `invalid-option` for a kind that is there already
 */
export function createGateRegistry(gates: readonly PlanGate[] = []): GateRegistry {
  const registry = new Map<string, PlanGate>();
  for (const gate of [timeGate, manualGate, ...gates]) {
    if (registry.has(gate.kind))
      throw new SwitchbackError('invalid-option', `planGates: there are two of kind ${JSON.stringify(gate.kind)}`);
    registry.set(gate.kind, gate);
  }
  return registry;
}
