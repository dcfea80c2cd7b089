'use client';

import { useSyncExternalStore } from 'react';
import type { Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import { useSwitchback } from '../render/context.js';
import { useFeatureDetails } from '../render/useFeature.js';
import { useOverride } from '../render/useOverride.js';

/** Why a user cannot choose: the provider's policy, a kill, which outranks every choice, or a breaker, which does as well. */
export type ChoiceClosed = 'policy' | 'kill' | 'failures';

/** A user's own choice of version. */
export interface FeatureChoice {
  /** The version that is decided. Mounted gates may still hold the other one. */
  readonly version: Version;
  /** Whether it is the user's own choice. */
  readonly isChosen: boolean;
  /** Null: the user may choose. */
  readonly closed: ChoiceClosed | null;
  /** Shows the other version, also on later visits. Nothing happens while it is closed. */
  readonly toggle: () => void;
  /** Follows the rollout again. */
  readonly follow: () => void;
}

/** Lets a user try v2 and go back, as far as the provider's policy allows. A choice that says what the rollout says is none. */
export function useFeatureChoice(feature: FeatureKey): FeatureChoice {
  const client = useSwitchback();
  const { version, reason } = useFeatureDetails(feature);
  const override = useOverride(feature);
  const assigned = (): string => {
    const assignment = client.internals.parts.decisions.assignmentOf(feature);
    return assignment?.kill ? 'kill' : (assignment?.version ?? 'v1');
  };
  const rollout = useSyncExternalStore(client.internals.subscribe, assigned, () => 'v1');

  const closed = closedBy(rollout, reason, override.allowed);
  return {
    version,
    isChosen: reason === 'OVERRIDE',
    closed,
    toggle() {
      if (closed !== null) return;
      const next = version === 'v2' ? 'v1' : 'v2';
      if (next === rollout) override.clear();
      else override.set(next);
    },
    follow: override.clear,
  };
}

function closedBy(rollout: string, reason: string, isAllowed: boolean): ChoiceClosed | null {
  if (rollout === 'kill') return 'kill';
  if (!isAllowed) return 'policy';
  return reason === 'CIRCUIT_OPEN' ? 'failures' : null;
}
