import { createSwitchback } from '../client/client.js';
import type { SwitchbackOptions } from '../client/options.js';
import type { Sink } from '../client/reporter/sink.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import type { JsonObject, Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import type { Observation } from '../observe/observe.js';

/** Which version each feature shows in a test. */
export type TestVersions = { readonly [Key in FeatureKey]?: Version };

export interface TestClientOptions {
  /** Published settings by feature. */
  readonly config?: { readonly [Key in FeatureKey]?: JsonObject } | undefined;
  /** Anything else a client takes; by default it stores nothing and hears no overrides. */
  readonly options?: Partial<Omit<SwitchbackOptions, 'features' | 'url' | 'source' | 'initial' | 'sinks'>> | undefined;
}

/** A client for tests: no network, no storage, its features fixed until told otherwise. */
export interface TestClient extends SwitchbackClient {
  /** Publishes a version, as the service would: upgrades are held by mounted gates, downgrades are at once. */
  show(feature: FeatureKey, version: Version): void;
  /** Rolls a feature back, as an operator would. */
  rollBack(feature: FeatureKey): void;
  /** Everything that was counted, in order. */
  readonly observations: readonly Observation[];
}

/**
 * Makes a client for tests.
 * @param versions the features that exist, and which version each shows
 * @throws SwitchbackError `invalid-option` for a bad option
 */
export function createTestClient(
  versions: TestVersions,
  { config = {}, options = {} }: TestClientOptions = {},
): TestClient {
  const shown = new Map(Object.entries(versions) as [string, Version][]);
  const kills = new Set<string>();
  const observations: Observation[] = [];
  const sink: Sink = { name: 'test', observe: (observation) => void observations.push(observation) };
  let revision = 0;

  const snapshot = (): unknown => ({
    schema: 1,
    kind: 'assignments',
    epoch: 1,
    revision: ++revision,
    kills: [...kills],
    features: Object.fromEntries(
      Array.from(shown, ([feature, version]) => [
        feature,
        { version, reason: 'STATIC', config: (config as Record<string, JsonObject>)[feature] ?? {} },
      ]),
    ),
  });

  const client = createSwitchback({
    storage: false,
    overrides: false,
    ...options,
    features: Object.fromEntries(Array.from(shown.keys(), (feature) => [feature, {}])),
    initial: snapshot(),
    sinks: [sink],
  });
  return {
    ...client,
    observations,
    show(feature, version) {
      shown.set(feature, version);
      kills.delete(feature);
      client.applySnapshot(snapshot());
    },
    rollBack(feature) {
      kills.add(feature);
      client.applySnapshot(snapshot());
    },
  };
}
