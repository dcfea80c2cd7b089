import { createJudge, type Judge } from '../../../src/service/plans/judgeStage.js';
import type { PlanStage, StoredPlan } from '../../../src/service/plans/plan.js';
import type { GateSetting } from '../../../src/service/plans/gateAnswer.js';
import { createGateRegistry, type PlanGate } from '../../../src/service/plans/planGate.js';
import type { OpenedStore } from '../store/openStore.js';

/** Stages at these percentages, each held for as long. */
export const stagesOf = (
  percentages: readonly number[],
  holdMinutes: number,
  gates: readonly GateSetting[] = [{ kind: 'time' }],
): readonly PlanStage[] => percentages.map((percentage) => ({ percentage, holdMinutes, gates }));

/** A judge over these gates, and the faults it heard of. */
export function judgeOf(gates: readonly PlanGate[] = []): Judge & { readonly faults: string[] } {
  const faults: string[] = [];
  const judge = createJudge(createGateRegistry(gates), (operation) => faults.push(operation));
  return { ...judge, faults };
}

/** Puts the clock of plans into the test's hands; it stands still between steps. */
export async function holdClock({ sql }: OpenedStore): Promise<{ move(minutes: number): Promise<void> }> {
  await sql(`CREATE TABLE test_clock (at timestamptz NOT NULL)`);
  await sql(`INSERT INTO test_clock VALUES (clock_timestamp())`);
  await sql(`CREATE OR REPLACE FUNCTION switchback_clock() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER AS
    $$ SELECT at FROM test_clock $$`);
  return {
    move: async (minutes) => {
      await sql("UPDATE test_clock SET at = at + $1 * interval '1 minute'", [minutes]);
    },
  };
}

/** What matters of a plan, in one line. */
export const briefly = (plan: StoredPlan): string =>
  'stage' in plan && plan.stage !== null
    ? `${plan.status} ${plan.stage}${plan.status === 'paused' ? ` ${plan.cause}` : ''}`
    : plan.status;
