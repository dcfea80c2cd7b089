import { decide, isSameDecision, type Decision } from '../decide/decide.js';
import { overrideInSnapshot, type Override } from '../decide/override.js';
import type { Trip } from '../decide/trip.js';
import type { Digest } from '../evaluate/bucket.js';
import { evaluate, type Assignment, type EvaluateOptions } from '../evaluate/evaluate.js';
import type { EvaluationContext, Snapshot } from '../evaluate/snapshot.js';
import { rememberDigests } from './digests.js';
import type { ClientState } from './state.js';

/** What is local to this client and takes part in decisions. */
export interface LocalVoices {
  overrideOf(feature: string): Override | undefined;
  tripOf(feature: string): Trip | undefined;
  isKnown(feature: string): boolean;
  /** Asked for, though the host never defined it. */
  onUnknown(feature: string): void;
  /** The service's time, ms since 1970. */
  nowMs(): number;
}

/**
 * One feature of one client: its decision, kept as the same object while it says the same, and who listens to it. The three
 * functions are stable, for `useSyncExternalStore`.
 */
export interface DecisionCell {
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => Decision;
  readonly isEnabled: () => boolean;
  readonly getForServer: () => Decision;
  readonly isEnabledForServer: () => boolean;
}

export interface Decisions {
  cell(feature: string): DecisionCell;
  /** @param context somebody else than the client's own user, such as the one a server's request comes from */
  assignmentOf(feature: string, context?: EvaluationContext): Assignment | undefined;
  /** As if the breaker were closed. */
  untripped(feature: string): Decision;
  digestOf(feature: string): Digest;
  /** Decides anew and tells the listeners of what changed; without a feature, all of them. */
  refresh(feature?: string): void;
}

interface Cell extends DecisionCell {
  decision: Decision;
  readonly listeners: Set<() => void>;
}

/** @param server what the server rendered from: the initial snapshot and context, nothing local */
export function createDecisions(
  read: () => ClientState,
  local: LocalVoices,
  server: () => {
    readonly snapshot: Snapshot | null;
    readonly context: EvaluationContext;
    readonly nowMs: number | undefined;
    /** As it was given. */
    readonly given: unknown;
  },
): Decisions {
  const cells = new Map<string, Cell>();
  const digestOf = rememberDigests();
  const ruleBy = (): EvaluateOptions => ({ nowMs: local.nowMs(), digestOf });

  const assignmentOf = (feature: string, state = read(), options = ruleBy()): Assignment | undefined => {
    const { snapshot, announced, context, isStale } = state;
    if (!local.isKnown(feature)) return { feature, version: 'v1', reason: 'ERROR', kill: true };
    if (announced?.emergency || announced?.kills.has(feature))
      return { feature, version: 'v1', reason: 'ROLLED_BACK', kill: true };
    if (!snapshot) return undefined;
    const assignment = evaluate(snapshot, feature, context, options);
    return isStale && assignment.version === 'v2' ? undefined : assignment;
  };

  const compute = (feature: string, state = read(), options = ruleBy()): Decision =>
    decide({
      feature,
      assignment: assignmentOf(feature, state, options),
      override: local.overrideOf(feature),
      trip: local.tripOf(feature),
    });

  const createCell = (feature: string): Cell => {
    const listeners = new Set<() => void>();
    let serverDecision: Decision | undefined;
    const getForServer = (): Decision => {
      const { snapshot, context, nowMs = local.nowMs(), given } = server();
      const isDecided = snapshot && local.isKnown(feature);
      serverDecision ??= decide({
        feature,
        assignment: isDecided ? evaluate(snapshot, feature, context, { nowMs }) : undefined,
        override: isDecided ? overrideInSnapshot(given, feature) : undefined,
      });
      return serverDecision;
    };
    const cell: Cell = {
      decision: compute(feature),
      listeners,
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      get: () => cell.decision,
      isEnabled: () => cell.decision.enabled,
      getForServer,
      isEnabledForServer: () => getForServer().enabled,
    };
    return cell;
  };

  return {
    cell(feature) {
      let cell = cells.get(feature);
      if (!cell) {
        cell = createCell(feature);
        // Keys of the host's features are bounded; anything else is answered, never kept.
        if (local.isKnown(feature)) cells.set(feature, cell);
        else local.onUnknown(feature);
      }
      return cell;
    },
    assignmentOf: (feature, context) =>
      context ? assignmentOf(feature, { ...read(), context }, { nowMs: local.nowMs() }) : assignmentOf(feature),
    untripped: (feature) => decide({ feature, assignment: assignmentOf(feature), override: local.overrideOf(feature) }),
    digestOf: (feature) => digestOf(feature, read().context.targetingKey ?? ''),
    refresh(feature) {
      const changed: Cell[] = [];
      const state = read();
      const options = ruleBy();
      for (const [key, cell] of cells) {
        if (feature !== undefined && feature !== key) continue;
        const next = compute(key, state, options);
        if (isSameDecision(cell.decision, next)) continue;
        cell.decision = next;
        changed.push(cell);
      }
      // All cells are new before anyone is told, so that no listener reads half a change.
      for (const cell of changed) for (const listener of cell.listeners) listener();
    },
  };
}
