import { assertNever, type OnInternalFault } from '../../error.js';
import type { StoredTotals } from '../store.js';
import type { GateAnswer, GateSetting } from './gateAnswer.js';
import { stageOf, type RunningPlan } from './plan.js';
import type { GateRegistry, PlanGate } from './planGate.js';

/** What all gates of a stage say together: harm wins, then whatever holds. */
export interface StageJudgement {
  readonly outcome: GateAnswer['outcome'];
  /** Of the gate that decided. */
  readonly reason: string;
  readonly answers: readonly GateAnswer[];
}

/** Asks the gates of the stage a plan is at. */
export interface Judge {
  needsTotals(plan: RunningPlan): boolean;
  /** `totals` null: they could not be read. Never throws. */
  judge(plan: RunningPlan, totals: readonly StoredTotals[] | null): StageJudgement;
}

/** Makes a judge that believes gates as far as they may be believed: missing data, doubts and faults never let a stage pass. */
export function createJudge(gates: GateRegistry, onInternalFault: OnInternalFault): Judge {
  const answer = (
    setting: GateSetting,
    plan: RunningPlan,
    totals: readonly StoredTotals[] | null,
  ): Omit<GateAnswer, 'kind'> => {
    const gate = gates.get(setting.kind);
    if (gate === undefined) return holds(`this service knows no gate of kind ${JSON.stringify(setting.kind)}`);
    if (gate.needsTotals && totals === null) return { ...holds('the numbers could not be read'), verdict: 'noData' };
    try {
      return believable(gate, gate.evaluate(plan, stageOf(plan, plan.stage), totals ?? [], setting));
    } catch (error) {
      onInternalFault(`gate ${setting.kind}`, error);
      return holds('the gate failed; see the service log');
    }
  };

  return {
    needsTotals: (plan) => stageOf(plan, plan.stage).gates.some(({ kind }) => gates.get(kind)?.needsTotals === true),

    judge(plan, totals) {
      const answers = stageOf(plan, plan.stage).gates.map((setting): GateAnswer => ({
        kind: setting.kind,
        ...answer(setting, plan, totals),
      }));
      const decisive =
        answers.find(({ outcome }) => outcome === 'revert') ?? answers.find(({ outcome }) => outcome === 'hold');
      if (decisive === undefined) return { outcome: 'pass', reason: 'every gate passes', answers };
      return { outcome: decisive.outcome, reason: `gate ${decisive.kind}: ${decisive.reason}`, answers };
    },
  };
}

const holds = (reason: string): Omit<GateAnswer, 'kind'> => ({ outcome: 'hold', reason, verdict: null });

function believable({ needsTotals }: PlanGate, { outcome, reason, verdict }: Omit<GateAnswer, 'kind'>) {
  const said = { outcome, reason, verdict };
  const held = { outcome: 'hold' as const, reason, verdict };
  switch (verdict) {
    case null:
      // Numbers were asked for and nothing was concluded from them.
      return needsTotals && outcome !== 'hold' ? held : said;
    case 'healthy':
      return outcome === 'revert' ? held : said;
    case 'degraded':
    case 'critical':
    case 'inconclusive':
    case 'noData':
      return outcome === 'pass' ? held : said;
    default:
      return assertNever(verdict);
  }
}
