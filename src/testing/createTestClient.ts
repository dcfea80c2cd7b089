// Comes in: which version each feature shows. Goes out: a client that tells what became of it. Who calls: tests.
import { createSwitchback } from '../client/client.js';
import type { FallbackEvent } from '../client/gateView.js';
import type { SwitchbackOptions } from '../client/options.js';
import type { Sink } from '../client/reporter/sink.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { refuseOption, SwitchbackError } from '../error.js';
import { isVersion, type EvaluationContext, type JsonObject, type Version } from '../evaluate/snapshot.js';
import type { FeatureKey, FeatureSet } from '../features.js';
import type { Observation } from '../observe/observe.js';
import { breakGates } from '../render/breaking/breakGates.js';
import type { Failure, GivenDelays, GivenFailures } from '../render/breaking/failure.js';
import { createFaults } from '../render/breaking/faults.js';
import { inAct, inActAsync } from './act.js';
import { guardKeys } from './guardKeys.js';
import { refuseUnknown } from './refuseUnknown.js';
import { createTestClock } from './testClock.js';
import { createWatch, type Shown } from './watchGates.js';

/** Which version each feature shows in a test. */
export type TestVersions = { readonly [Key in FeatureKey]?: Version };

/** Published settings by feature. */
export type TestConfigs = { readonly [Key in FeatureKey]?: JsonObject };

/** What the client's features are, and how their v2 fails. */
export interface TestClientOptions {
  /** What `defineFeatures` returned: all of these exist, v1 unless a version is given, with their default settings. */
  readonly defined?: FeatureSet | undefined;
  /** Published settings by feature. */
  readonly config?: TestConfigs | undefined;
  /** Whose v2 fails, and how. */
  readonly fail?: GivenFailures | undefined;
  /** How long v2's code takes to arrive, in ms; default 0. */
  readonly delayMs?: GivenDelays | undefined;
  /** Who the user is. */
  readonly context?: EvaluationContext | null | undefined;
  /** Anything else a client takes; by default it stores nothing and hears no overrides. */
  readonly options?: Partial<Omit<SwitchbackOptions, 'features' | 'url' | 'source' | 'initial' | 'sinks'>> | undefined;
}

/** A client for tests: no network, no storage, its features fixed and its clock still until told otherwise. */
export interface TestClient extends SwitchbackClient {
  /** Lets time pass on the client's clock; where tests use `act`, inside one. @throws SwitchbackError with a clock of your own */
  advance(ms: number): Promise<void>;
  /** Publishes a version, as the service would: upgrades are held by mounted gates, downgrades are at once. */
  show(feature: FeatureKey, version: Version): void;
  /** Publishes all of it at once, from an effect or inside an `act` of yours; a feature that is left out goes back to v1. */
  publish(versions: TestVersions, config?: TestConfigs): void;
  /** Rolls a feature back, as an operator would. */
  rollBack(feature: FeatureKey): void;
  /** Makes v2 fail from its next render, effect or load on; null: it works again. */
  fail(feature: FeatureKey, failure: Failure | null): void;
  /** What is on the screen now: one entry for each mounted gate and hook of the feature. */
  onScreen(feature: FeatureKey): readonly Shown[];
  /** Whether a version was on the screen at any time. */
  wasShown(feature: FeatureKey, version: Version): boolean;
  /** What v2 was replaced by v1 for, in order; in a mounted gate or at any time. */
  failures(feature: FeatureKey): readonly unknown[];
  /** @throws SwitchbackError `invalid-feature` where something asked for an unknown feature, also inside a v2 that was replaced by v1 for it */
  checkKnown(): void;
  /** Everything that was counted, in order. */
  readonly observations: readonly Observation[];
}

/**
 * Makes a client for tests. A feature that is not among `versions` or `defined` throws wherever it is asked for.
 * @param versions which version each feature shows
 * @throws SwitchbackError `invalid-option` for a bad option, `invalid-feature` for an unknown feature, with the known ones
 */
export function createTestClient(versions: TestVersions, given: TestClientOptions = {}): TestClient {
  const { defined = {}, options = {} } = given;
  const known = new Set([...Object.keys(defined), ...Object.keys(versions)]);
  let unknown: unknown;
  const check = (feature: string): void => {
    if (known.has(feature)) return;
    try {
      refuseUnknown(feature, known);
    } catch (error) {
      unknown ??= error;
      throw error;
    }
  };
  if (given.defined !== undefined) for (const feature of Object.keys(versions)) checkDefined(feature, defined);
  const testClock = createTestClock();
  const clock = options.clock ?? testClock;
  const faults = createFaults(given.fail, given.delayMs, check);
  const watch = createWatch();
  const observations: Observation[] = [];
  const fallbacks: FallbackEvent[] = [];
  const sink: Sink = { name: 'test', observe: (observation) => void observations.push(observation) };
  let shown = readVersions(versions, check);
  let config = readConfigs(given.config, check);
  const kills = new Set<string>();
  let revision = 0;

  const snapshot = (): unknown => ({
    schema: 1,
    kind: 'assignments',
    epoch: 1,
    revision: ++revision,
    kills: [...kills],
    features: Object.fromEntries(
      [...known].map((feature) => [
        feature,
        { version: shown.get(feature) ?? 'v1', reason: 'STATIC', config: config.get(feature) ?? {} },
      ]),
    ),
  });
  const client = createSwitchback({
    storage: false,
    overrides: false,
    ...options,
    clock,
    context: given.context ?? options.context,
    onFallback(event) {
      fallbacks.push(event);
      options.onFallback?.(event);
    },
    features: Object.fromEntries([...known].map((feature) => [feature, defined[feature] ?? {}])),
    initial: snapshot(),
    sinks: [sink],
  });
  const publish = (): void => void client.applySnapshot(snapshot());
  const { internals } = client;
  const createGate = breakGates(internals.createGate, faults.of, { clock });

  return {
    ...guardKeys(client, check),
    internals: {
      ...internals,
      configForServer: (feature) => (check(feature), internals.configForServer(feature)),
      cell: (feature) => (check(feature), watch.cell(feature, internals.cell(feature))),
      createGate(feature, lazy, wrap) {
        check(feature);
        return watch.gate(feature, createGate(feature, lazy, wrap));
      },
    },
    observations,
    checkKnown() {
      if (unknown !== undefined) throw unknown;
    },
    async advance(ms) {
      if (clock !== testClock)
        throw new SwitchbackError('invalid-option', 'this client runs on the clock it was given; advance that one');
      await inActAsync(() => testClock.advance(ms));
    },
    show(feature, version) {
      shown = new Map([...shown, ...readVersions({ [feature]: version }, check)]);
      kills.delete(feature);
      inAct(publish);
    },
    publish(next, nextConfig) {
      shown = readVersions(next, check);
      config = readConfigs(nextConfig, check);
      kills.clear();
      publish();
    },
    rollBack(feature) {
      check(feature);
      kills.add(feature);
      inAct(publish);
    },
    fail: faults.fail,
    onScreen: (feature) => (check(feature), watch.onScreen(feature)),
    wasShown: (feature, version) => (check(feature), watch.wasShown(feature, version)),
    failures(feature) {
      check(feature);
      const told = fallbacks.filter((event) => event.feature === feature).map(({ error }) => error);
      // Those that happened just now are told of a moment later.
      return [...told, ...watch.failures(feature).filter((error) => !told.includes(error))];
    },
  };
}

function checkDefined(feature: string, defined: FeatureSet): void {
  if (!Object.hasOwn(defined, feature)) refuseUnknown(feature, Object.keys(defined));
}

function readVersions(versions: TestVersions, check: (feature: string) => void): ReadonlyMap<string, Version> {
  const entries = Object.entries<Version | undefined>(versions);
  return new Map(
    entries.flatMap(([feature, version]) => {
      check(feature);
      if (version === undefined) return [];
      if (!isVersion(version)) refuseOption(`features.${feature}`, '"v1" or "v2"', version);
      return [[feature, version] as const];
    }),
  );
}

function readConfigs(
  configs: TestConfigs | undefined,
  check: (feature: string) => void,
): ReadonlyMap<string, JsonObject> {
  const entries = Object.entries<JsonObject | undefined>(configs ?? {});
  return new Map(
    entries.flatMap(([feature, config]) => {
      check(feature);
      return config === undefined ? [] : [[feature, config] as const];
    }),
  );
}
