// Comes in: an assignment, an override, a trip. Goes out: the Decision, the version that is rendered, and why. Who calls: client.
import type { Assignment, AssignmentReason } from '../evaluate/evaluate.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Override } from './override.js';
import type { Trip } from './trip.js';

/**
 * Why a version is rendered: what the rules say, or `OVERRIDE`: it is forced here, `CIRCUIT_OPEN`: v2 failed too often here,
 * `DEFAULT`: nothing is known.
 */
export type DecisionReason = AssignmentReason | 'OVERRIDE' | 'CIRCUIT_OPEN' | 'DEFAULT';

/** The version that is rendered, and why. Referentially stable: the same object as long as nothing changes. */
export interface Decision {
  readonly feature: string;
  readonly version: Version;
  /** `version === 'v2'`. */
  readonly enabled: boolean;
  /** Which rule, override or trip decided. */
  readonly reason: DecisionReason;
  /** Integer 0–9999, where the percentage decided. */
  readonly bucket?: number;
}

/** What a decision is made of; undefined where there is none (no snapshot yet, no override, no active trip). */
export interface DecisionInput {
  readonly feature: string;
  readonly assignment?: Assignment | undefined;
  /** Already filtered by policy. */
  readonly override?: Override | undefined;
  /** Already filtered by time. */
  readonly trip?: Trip | undefined;
}

/**
 * Ranks the voices: kill, then trip, then override, then assignment, then v1.
 * @source docs/concepts.md, "The loop"
 */
export function decide({ feature, assignment, override, trip }: DecisionInput): Decision {
  if (!assignment?.kill) {
    if (trip) return give(feature, 'v1', 'CIRCUIT_OPEN');
    if (override) return give(feature, override.version, 'OVERRIDE');
    if (!assignment) return give(feature, 'v1', 'DEFAULT');
  }
  return give(feature, assignment.version, assignment.reason, assignment.bucket);
}

// One literal per shape: a spread of spreads is a slow object, and comparing it costs more than deciding.
function give(feature: string, version: Version, reason: DecisionReason, bucket?: number): Decision {
  const enabled = version === 'v2';
  return bucket === undefined ? { feature, version, enabled, reason } : { feature, version, enabled, reason, bucket };
}

/** Whether two decisions say the same, so that the older object can be kept. */
export const isSameDecision = (a: Decision, b: Decision): boolean =>
  a.feature === b.feature && a.version === b.version && a.reason === b.reason && a.bucket === b.bucket;
