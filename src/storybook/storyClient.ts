import { createSwitchback } from '../client/client.js';
import type { Gate } from '../client/gate.js';
import type { GateView } from '../client/gateView.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import type { EvaluationContext } from '../evaluate/snapshot.js';
import { describeFailure, type Observation } from '../observe/observe.js';
import { breakGates } from '../render/breaking/breakGates.js';
import type { FaultOf } from '../render/breaking/faults.js';
import type { FeatureReport, LogEntry, OnScreen } from './report.js';
import type { StoryFeature } from './storyFeatures.js';

/** The client around one rendering of a story. */
export interface StoryClient {
  readonly client: SwitchbackClient;
  /** Publishes other percentages and settings, or says who else looks. Failures stay: they need a new client. */
  apply(features: readonly StoryFeature[], context: EvaluationContext): void;
  features(): readonly FeatureReport[];
  log(): readonly LogEntry[];
  /** Calls back after anything that a report tells of has changed. */
  subscribe(listener: () => void): () => void;
}

export interface StoryClientOptions {
  readonly features: readonly StoryFeature[];
  readonly context: EvaluationContext;
  /** Code that never arrives is waited for, whatever its timeout. */
  readonly hangs: boolean;
}

const maxLog = 100;

/** Makes a client that fetches, stores and sends nothing, and lets v2 fail as the story says. */
export function createStoryClient({ features: given, context, hangs }: StoryClientOptions): StoryClient {
  const listeners = new Set<() => void>();
  const notify = (): void => listeners.forEach((listener) => listener());
  const log: LogEntry[] = [];
  let logged = 0;
  let revision = 0;
  let features = given;

  const snapshot = (): unknown => ({
    schema: 1,
    kind: 'rules',
    epoch: 1,
    revision: ++revision,
    publishedAt: new Date(0).toISOString(),
    emergency: null,
    kills: [],
    features: Object.fromEntries(
      features.map(({ feature, percentage, config }) => [feature, { enabled: true, percentage, config }]),
    ),
  });
  const plain = createSwitchback({
    // A story is there to be looked at: what the panel changes shows at once.
    features: Object.fromEntries(
      features.map(({ feature, definition }) => [feature, { ...definition, upgrade: 'live' }]),
    ),
    context,
    initial: snapshot(),
    storage: false,
    overrides: false,
    sinks: [
      {
        name: 'storybook',
        observe(observation) {
          const { atMs, feature, version } = observation;
          log.push({ id: ++logged, atMs, feature, version, what: tell(observation) });
          if (log.length > maxLog) log.shift();
          notify();
        },
      },
    ],
  });
  const faults = new Map(features.map((feature) => [feature.feature, feature]));
  const { internals } = plain;
  const { breakers, clock, gates } = internals.parts;
  const faultOf: FaultOf = (feature) => faults.get(feature) ?? { failure: null, delayMs: 0 };
  const createGate = breakGates(internals.createGate, faultOf, { clock, waitsForever: hangs });
  const client: SwitchbackClient = {
    ...plain,
    internals: { ...internals, createGate: (...asked) => tellOf(createGate(...asked), notify) },
  };

  return {
    client,
    apply(next, nextContext) {
      features = next;
      client.setContext(nextContext);
      client.applySnapshot(snapshot());
      notify();
    },
    features: () =>
      features.map(({ feature, definition, percentage, forcedBy, config, failure, delayMs }) => {
        const { version, reason, bucket = null } = client.getDecision(feature);
        const views = Array.from(gates.visible(feature), (gate) => gate.getView());
        return {
          feature,
          percentage,
          forcedBy,
          config,
          failure,
          delayMs,
          version,
          reason,
          bucket,
          description: definition.description ?? '',
          onScreen: views.map(shownBy),
          error: views.map(errorOf).find((error) => error !== null) ?? null,
          breaker: breakers.stateOf(feature),
        };
      }),
    log: () => [...log],
    subscribe(listener) {
      listeners.add(listener);
      const stops = features.map(({ feature }) => client.subscribe(feature, listener));
      return () => {
        listeners.delete(listener);
        for (const stop of stops) stop();
      };
    },
  };
}

/** A gate that tells when it comes, goes, or shows something else. */
function tellOf(gate: Gate, notify: () => void): Gate {
  const { connect } = gate;
  gate.connect = () => {
    const disconnect = connect.call(gate);
    const stop = gate.subscribe(notify);
    notify();
    return () => {
      stop();
      disconnect();
      notify();
    };
  };
  return gate;
}

const shownBy = (view: GateView): OnScreen =>
  view.shows === 'v1' && view.because === 'failed' ? 'failed' : view.shows;

function errorOf(view: GateView): string | null {
  if (view.shows !== 'v1' || view.because !== 'failed') return null;
  const { name, message } = describeFailure('render', view.error);
  return `${name}: ${message}`.slice(0, 300);
}

function tell(observation: Observation): string {
  switch (observation.kind) {
    case 'failure': {
      const { phase, name, message } = observation.failure;
      return `failed (${phase}): ${name}: ${message}`.slice(0, 300);
    }
    case 'timing':
      return `${observation.name} ${Math.round(observation.valueMs)} ms`;
    case 'measure':
      return `${observation.name} ${round(observation.value)} ${observation.unit}`;
    case 'sum':
      return `${observation.name} ${round(observation.value)}`;
    case 'exposure':
      return 'shown';
    case 'suppressedByBreaker':
      return 'not tried: the breaker is open';
    case 'attempt':
    case 'settled':
    case 'aborted':
    case 'overridden':
    case 'slow':
    case 'silent':
      return observation.kind;
    default:
      return '';
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
