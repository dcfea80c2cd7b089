import type { Assignment, AssignmentReason } from '../../evaluate/evaluate.js';
import type { Snapshot } from '../../evaluate/snapshot.js';

type OfrepReason = 'STATIC' | 'TARGETING_MATCH' | 'SPLIT' | 'DISABLED' | 'UNKNOWN';

/** A successful evaluation as OFREP has it. `metadata` holds text, numbers and booleans only, as the protocol wants. */
export interface OfrepFlag {
  readonly key: string;
  readonly value: boolean;
  readonly variant: 'v1' | 'v2';
  readonly reason: OfrepReason;
  readonly metadata: Readonly<Record<string, string | number | boolean>>;
}

const ofrepReasons: Readonly<Record<AssignmentReason, OfrepReason>> = {
  ROLLED_BACK: 'DISABLED',
  DISABLED: 'DISABLED',
  DENIED: 'TARGETING_MATCH',
  ERROR: 'UNKNOWN',
  PREREQUISITE: 'TARGETING_MATCH',
  TARGETING_MATCH: 'TARGETING_MATCH',
  SPLIT: 'SPLIT',
  STATIC: 'STATIC',
  UNKNOWN: 'UNKNOWN',
};

/**
 * Says an assignment in OFREP's words; our own reason, the bucket and the config are metadata.
 * @param rule what is published of the feature, where anything is
 */
export function ofrepFlagOf(
  { feature, version, reason, kill, bucket }: Assignment,
  rule: ReturnType<Snapshot['features']['get']>,
): OfrepFlag {
  const config = rule !== undefined && 'config' in rule ? rule.config : {};
  return {
    key: feature,
    value: version === 'v2',
    variant: version,
    reason: ofrepReasons[reason],
    metadata: {
      reason,
      ...(bucket === undefined ? {} : { bucket }),
      ...(kill ? { kill } : {}),
      ...(Object.keys(config).length === 0 ? {} : { config: JSON.stringify(config) }),
    },
  };
}
