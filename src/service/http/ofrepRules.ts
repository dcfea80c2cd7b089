import { evaluate } from '../../evaluate/evaluate.js';
import { parseSnapshot } from '../../evaluate/parseSnapshot.js';
import type { EvaluationContext } from '../../evaluate/snapshot.js';
import type { ServiceClock } from '../clock.js';
import { nodeDigestOf } from '../nodeDigest.js';
import { ofrepFlagOf, type OfrepFlag } from './ofrepFlag.js';
import type { Publication } from './publish.js';

/** What a publication gives contexts, in the protocol's words. */
export interface OfrepRules {
  /** False: nothing but what is v1 is known, and of other flags not even whether they are there. */
  readonly areWhole: boolean;
  /** Every flag that is known by name. */
  readonly keys: readonly string[];
  /** Undefined for a flag that is not known. */
  flagOf(key: string, context: EvaluationContext): OfrepFlag | undefined;
}

/** Reads rules, or the kills of a process that has read none. */
export function readOfrepRules({ body }: Publication, clock: ServiceClock): OfrepRules {
  const read = parseSnapshot(JSON.parse(body));
  if (read.status === 'killsOnly') {
    const { kills, emergency } = read;
    return {
      areWhole: false,
      keys: [...kills],
      flagOf: (feature) =>
        emergency === null && !kills.has(feature)
          ? undefined
          : ofrepFlagOf({ feature, version: 'v1', reason: 'ROLLED_BACK', kill: true }, undefined),
    };
  }
  if (read.status !== 'valid') throw new Error('what is published cannot be read back');
  const { snapshot } = read;
  return {
    areWhole: true,
    keys: [...snapshot.features.keys()],
    flagOf(key, context) {
      const rule = snapshot.features.get(key);
      if (rule === undefined) return undefined;
      return ofrepFlagOf(evaluate(snapshot, key, context, { nowMs: clock.now(), digestOf: nodeDigestOf }), rule);
    },
  };
}
