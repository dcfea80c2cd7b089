import { findConfigIssues } from '../configSchema.js';
import { findCycle } from '../requiresCycle.js';
import type { StoredFeature } from '../store.js';

/** What somebody typed into psql that makes no sense: v1 for everyone, until it is mended. */
export interface BrokenRule {
  readonly feature: string;
  /** `cycle`: it requires itself in the end; `missing`: it requires what is not there; `config`: against its own schema. */
  readonly fault: 'cycle' | 'missing' | 'config';
  /** In words, without the values of a config. */
  readonly detail: string;
}

/** Finds what the API would have refused, in order of the features. */
export function findBrokenRules(features: ReadonlyMap<string, StoredFeature>): readonly BrokenRule[] {
  const requires = new Map([...features.values()].map((one) => [one.feature, one.requires] as const));
  const found: BrokenRule[] = [];
  for (const { feature, config, configSchema } of features.values()) {
    const needed = requires.get(feature) ?? [];
    const cycle = needed.length === 0 ? null : findCycle(requires, feature);
    const missing = needed.find((one) => !features.has(one));
    const [issue] = configSchema === null ? [] : findConfigIssues(configSchema, config);
    if (cycle !== null) found.push({ feature, fault: 'cycle', detail: `requires: ${cycle.join(' → ')} is a cycle` });
    else if (missing !== undefined)
      found.push({ feature, fault: 'missing', detail: `requires ${missing}, which is not there` });
    if (issue !== undefined)
      found.push({ feature, fault: 'config', detail: `config${issue.pointer}: ${issue.message}, says its schema` });
  }
  return found;
}
