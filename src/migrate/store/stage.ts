import { assertNever } from '../../error.js';
import type { Version } from '../../evaluate/snapshot.js';

/**
 * How far a store is on its way from v1 to v2, one step after the other.
 * @source the six stages of LaunchDarkly's migration flags
 */
export type Stage = 'off' | 'dualwrite' | 'shadow' | 'live' | 'rampdown' | 'complete';

/** All stages, from v1 alone to v2 alone. */
export const stages: readonly Stage[] = ['off', 'dualwrite', 'shadow', 'live', 'rampdown', 'complete'];

export const isStage = (value: unknown): value is Stage => stages.some((stage) => stage === value);

/** What a stage does with reads and writes. */
export interface StagePlan {
  /** Whose answer the caller gets. */
  readonly reads: Version;
  /** Whether the other one is read as well, and compared. */
  readonly compares: boolean;
  /** Who is written, the authoritative one first: only if that succeeds the other one follows. */
  readonly writes: readonly [Version] | readonly [Version, Version];
}

export function planOf(stage: Stage): StagePlan {
  switch (stage) {
    case 'off':
      return { reads: 'v1', compares: false, writes: ['v1'] };
    case 'dualwrite':
      return { reads: 'v1', compares: false, writes: ['v1', 'v2'] };
    case 'shadow':
      return { reads: 'v1', compares: true, writes: ['v1', 'v2'] };
    case 'live':
      return { reads: 'v2', compares: true, writes: ['v2', 'v1'] };
    case 'rampdown':
      return { reads: 'v2', compares: false, writes: ['v2', 'v1'] };
    case 'complete':
      return { reads: 'v2', compares: false, writes: ['v2'] };
    default:
      return assertNever(stage);
  }
}

export const otherOf = (version: Version): Version => (version === 'v1' ? 'v2' : 'v1');

/** Stages that may follow: one back, one on. */
export const neighboursOf = (stage: Stage): readonly Stage[] =>
  stages.filter((_, at) => Math.abs(at - stages.indexOf(stage)) === 1);

/** Whether a store lacks what was written to the other one alone. */
export type Behind = Readonly<Record<Version, boolean>>;

/** What a wanted stage comes to. */
export type StageMove =
  | { readonly status: 'moved'; readonly stage: Stage }
  | { readonly status: 'refused'; readonly stage: Stage; readonly wanted: string; readonly why: string };

/**
 * One step towards a wanted stage. A step to a stage whose authoritative store lacks writes is refused, in either direction:
 * nothing that was acknowledged is lost.
 */
export function moveStage(stage: Stage, wanted: unknown, behind: Behind): StageMove {
  if (wanted === stage) return { status: 'moved', stage };
  const refuse = (why: string): StageMove => ({ status: 'refused', stage, wanted: String(wanted).slice(0, 64), why });
  const allowed = neighboursOf(stage).join(' and ');
  if (!isStage(wanted)) return refuse(`a stage is one of ${stages.join(', ')}`);
  if (!neighboursOf(stage).includes(wanted)) return refuse(`from ${stage} the stages ${allowed} may follow`);
  const { reads } = planOf(wanted);
  if (behind[reads])
    return refuse(`${reads} lacks what was written to ${otherOf(reads)} alone: copy it, then reconcile with repair`);
  return { status: 'moved', stage: wanted };
}

/** Step by step to a wanted stage, as far as nothing is lost by it. */
export function catchUp(stage: Stage, wanted: unknown, behind: Behind): StageMove {
  if (!isStage(wanted)) return moveStage(stage, wanted, behind);
  let at = stage;
  while (at !== wanted) {
    const next = stages[stages.indexOf(at) + Math.sign(stages.indexOf(wanted) - stages.indexOf(at))];
    const move = moveStage(at, next, behind);
    if (move.status === 'refused') return move;
    at = move.stage;
  }
  return { status: 'moved', stage: at };
}

/** Where a rollback leads: to v1 alone, unless v1 lacks what only v2 has. */
export const rolledBack = (stage: Stage, behind: Behind): Stage =>
  !behind.v1 ? 'off' : stage === 'complete' ? 'rampdown' : stage;
