import type { SwitchbackClient } from '../../client/switchbackClient.js';
import type { Decision } from '../../decide/decide.js';
import type { Assignment } from '../../evaluate/evaluate.js';
import type { FeatureRule } from '../../evaluate/snapshot.js';
import { formatDuration } from './formatDuration.js';

/** Why a feature is the version it is: what decided, and below it what the rules say where they did not. */
export function explain(client: SwitchbackClient, feature: string): readonly string[] {
  const { decisions } = client.internals.parts;
  const decision = client.getDecision(feature);
  const assignment = decisions.assignmentOf(feature);
  const isLocal = ['OVERRIDE', 'CIRCUIT_OPEN', 'DEFAULT'].includes(decision.reason);
  const rules = assignment && `Without that: ${assignment.version}. ${explainReason(client, feature, assignment)}`;
  return isLocal && rules
    ? [explainReason(client, feature, decision), rules]
    : [explainReason(client, feature, decision)];
}

function explainReason(
  client: SwitchbackClient,
  feature: string,
  { reason, version, bucket = 0 }: Decision | Assignment,
): string {
  const { parts } = client.internals;
  const { snapshot, context, announced, isStale } = parts.read();
  const published = snapshot?.features.get(feature);
  const rule: Partial<FeatureRule> = published && 'percentage' in published ? published : {};
  switch (reason) {
    case 'SPLIT': {
      const { percentage = 0 } = rule;
      const limit = Math.round(percentage * 100);
      return `Bucket ${bucket} of 10000 is ${bucket < limit ? 'below' : 'not below'} ${limit} (${percentage} %).`;
    }
    case 'TARGETING_MATCH':
      if (version === 'v2') return 'The user is on the allow list.';
      return `Region ${context.region ?? '(none)'} is not among ${rule.regions?.join(', ') ?? 'those of the source'}.`;
    case 'DENIED':
      return 'The user is on the deny list. Nothing local outranks that.';
    case 'DISABLED':
      if (rule.enabled) return `It is outside of its time: ${timeOf(rule.fromMs)} to ${timeOf(rule.untilMs)}.`;
      return 'The feature is disabled. Nothing local outranks that.';
    case 'ROLLED_BACK': {
      if (snapshot?.emergency) return `Emergency since ${snapshot.emergency.since || 'now'}: everything is v1.`;
      const how = announced?.emergency || announced?.kills.has(feature) ? 'announced by the stream' : 'published';
      return `The feature is rolled back (${how}). Nothing local outranks that.`;
    }
    case 'PREREQUISITE': {
      const versions = rule.requires?.map((key) => `${key} (${parts.decisions.assignmentOf(key)?.version ?? 'v1'})`);
      return `It requires v2 of ${versions?.join(', ') ?? 'another feature'}.`;
    }
    case 'ERROR':
      if (published && 'malformed' in published) return `Its rule makes no sense: ${published.malformed}`;
      return published ? 'Its prerequisites lead back to it.' : 'The snapshot does not have it.';
    case 'STATIC':
      return 'The source says so, for everybody.';
    case 'UNKNOWN':
      return 'The source says so, for a reason of its own.';
    case 'OVERRIDE': {
      const untilMs = parts.overrides.get(feature)?.untilMs;
      return `Forced here, ${untilMs ? `for another ${formatDuration(untilMs - parts.clock.now())}` : 'until cleared'}.`;
    }
    case 'CIRCUIT_OPEN': {
      const breaker = parts.breakers.stateOf(feature);
      if (breaker.state !== 'open') return 'v2 failed here; one gate that is mounted next may try it.';
      const leftMs = breaker.untilMs - parts.clock.now();
      return `v2 failed here and is not tried for another ${formatDuration(leftMs)}.`;
    }
    case 'DEFAULT':
      if (isStale) return 'The service was not heard for so long that its v2 is not believed any more.';
      return 'Nothing is known yet.';
    default:
      return reason;
  }
}

const timeOf = (ms: number | null | undefined): string => (ms == null ? 'any time' : new Date(ms).toISOString());
