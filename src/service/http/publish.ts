// Comes in: the stored state. Goes out: a Publication, the bytes that browsers read at one revision. Who calls: the replica.
import { defaultDelivery, type Delivery, type Order } from '../../evaluate/snapshot.js';
import type { StoredFeature, StoredState } from '../store.js';
import { findBrokenRules, type BrokenRule } from './brokenRules.js';

/** What is published at one revision: serialised once, served many times. */
export interface Publication extends Order {
  /** `epoch-revision`: the id of stream events and the name of the immutable URL. */
  readonly id: string;
  readonly etag: string;
  readonly emergency: { readonly since: string } | null;
  /** Sorted. */
  readonly kills: readonly string[];
  readonly features: ReadonlyMap<string, StoredFeature>;
  /** Of rollout plans, by feature. */
  readonly stages: ReadonlyMap<string, string>;
  /** What makes no sense in them, and is v1 for that. */
  readonly broken: readonly BrokenRule[];
  /** The snapshot as JSON. */
  readonly body: string;
  readonly bodyBytes: number;
}

/** v1 by decree of this process, not (yet) in the database. */
export interface LocalKills {
  readonly emergencySince: string | null;
  readonly features: ReadonlySet<string>;
}

export const noLocalKills: LocalKills = { emergencySince: null, features: new Set() };

/** What a snapshot may hold; more has to be served as assignments. */
const publicationCaps = { features: 1_000, tags: 10_000, bytes: 200_000 };

/** The state does not fit into a snapshot. */
export class PublicationTooLarge extends Error {
  override readonly name = 'PublicationTooLarge';
}

export interface PublishOptions {
  readonly delivery?: Partial<Delivery>;
  readonly localKills?: LocalKills;
  /** Overrides the stored one when the store went back. */
  readonly epoch?: number;
}

/** The features that are v1 for everyone in this state, whatever else it says; sorted. */
export function killsOf(state: StoredState, local: LocalKills = noLocalKills): readonly string[] {
  const kills = new Set(local.features);
  for (const { feature, enabled } of state.features.values()) if (!enabled) kills.add(feature);
  for (const { feature } of state.rollbacks) if (feature !== null) kills.add(feature);
  return [...kills].sort();
}

/**
 * What can be said while nothing was read yet: what is v1 by decree of this process. It has no order, so that clients add it to
 * whatever they know, and it gives way to the first snapshot that is newer than that.
 * @returns null where there is no such decree
 */
export function publishKills(local: LocalKills, delivery?: Partial<Delivery>): Publication | null {
  const kills = [...local.features].sort();
  const emergency = local.emergencySince === null ? null : { since: local.emergencySince };
  if (emergency === null && kills.length === 0) return null;
  const body = JSON.stringify({
    schema: 1,
    kind: 'kills',
    emergency,
    kills,
    delivery: { ...defaultDelivery, ...delivery },
  });
  const [features, bodyBytes] = [new Map<string, never>(), new TextEncoder().encode(body).length];
  return {
    epoch: 0,
    revision: 0,
    id: '0-0',
    etag: 'W/"kills"',
    emergency,
    kills,
    features,
    broken: [],
    body,
    bodyBytes,
    stages: features,
  };
}

/**
 * Turns the stored state into what is published: rules without owner, description, labels, reasons or actors.
 * @throws PublicationTooLarge beyond `publicationCaps`
 * @source docs/contracts.md part 2; `rolledBack` is an addition: it tells ROLLED_BACK from DISABLED
 */
export function publish(state: StoredState, options: PublishOptions = {}): Publication {
  const local = options.localKills ?? noLocalKills;
  const epoch = options.epoch ?? state.epoch;
  const { revision } = state;
  const rolledBack = new Set(local.features);
  for (const { feature } of state.rollbacks) if (feature !== null) rolledBack.add(feature);
  const storedEmergency = state.rollbacks.find(({ feature }) => feature === null);
  const since = storedEmergency?.startedAt ?? local.emergencySince;
  const emergency = since === null ? null : { since };
  const kills = killsOf(state, local);

  const rules = [...state.features.values()].sort((a, b) => (a.feature < b.feature ? -1 : 1));
  if (rules.length > publicationCaps.features)
    throw new PublicationTooLarge(`${rules.length} features; a snapshot holds at most ${publicationCaps.features}`);
  const tags = rules.reduce((sum, { allow, deny }) => sum + allow.length + deny.length, 0);
  if (tags > publicationCaps.tags)
    throw new PublicationTooLarge(`${tags} allowed and denied users; a snapshot holds at most ${publicationCaps.tags}`);

  const broken = findBrokenRules(state.features);
  const badConfigs = new Map(broken.flatMap((one) => (one.fault === 'config' ? [[one.feature, one.detail]] : [])));
  const body = JSON.stringify({
    schema: 1,
    kind: 'rules',
    epoch,
    revision,
    publishedAt: state.changedAt,
    emergency,
    kills,
    delivery: { ...defaultDelivery, ...options.delivery },
    features: Object.fromEntries(
      rules.map((rule) => [
        rule.feature,
        // What is no object is no rule: v1 with the reason ERROR. A cycle is that by itself.
        badConfigs.get(rule.feature) ??
          publishedRule(rule, rolledBack.has(rule.feature), state.stages?.get(rule.feature)),
      ]),
    ),
  });
  const stages = state.stages ?? new Map<string, string>();
  const bodyBytes = new TextEncoder().encode(body).length;
  if (bodyBytes > publicationCaps.bytes)
    throw new PublicationTooLarge(`${bodyBytes} bytes; a snapshot has at most ${publicationCaps.bytes}`);
  const id = `${epoch}-${revision}`;
  const hasLocal = local.emergencySince !== null || local.features.size > 0;
  const etag = hasLocal ? `W/"${id}-local"` : `W/"${id}"`;
  return { epoch, revision, id, etag, emergency, kills, features: state.features, stages, broken, body, bodyBytes };
}

const publishedRule = (rule: StoredFeature, rolledBack: boolean, stage: string | undefined) => ({
  enabled: rule.enabled,
  percentage: rule.percentage,
  stage: stage ?? null,
  from: rule.from,
  until: rule.until,
  requires: rule.requires,
  deny: rule.deny.map(({ tag }) => tag),
  allow: rule.allow.map(({ tag }) => tag),
  regions: rule.regions,
  config: rule.config,
  sampling: rule.sampling,
  logOnly: rule.logOnly,
  ...(rolledBack ? { rolledBack: true } : {}),
});
