import type { Gate } from '../client/gate.js';
import type { GateView, LazySource } from '../client/gateView.js';
import { createLoads, type Loader, type LoadRecord } from '../client/loads.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { maxDelayMs, thrownOnPurpose } from './failure.js';
import type { StoryFeature } from './storyFeatures.js';

/** How v2 of one feature fails. */
export type Fault = Pick<StoryFeature, 'failure' | 'delayMs'>;

/** A client whose gates fail as a story says, and which knows them. */
export interface BrokenClient {
  readonly client: SwitchbackClient;
  /** What the mounted gates of a feature show. */
  viewsOf(feature: string): readonly GateView[];
}

// Loaded in place of a v2 that needs no loading, and never shown.
const Nothing = (): null => null;
/** What stands for such a v2 once it was waited for: no component, so that the gate renders what it was given. */
const arrived: LoadRecord = { phase: 'ready', component: undefined, loadMs: 0 };

/**
 * Puts failures between the gates of a client and their v2.
 * @param hangs whether code that never arrives is waited for far beyond its own timeout, as a picture of loading needs it
 * @param onChange told when a gate shows something else
 */
export function breakV2(
  client: SwitchbackClient,
  faults: ReadonlyMap<string, Fault>,
  hangs: boolean,
  onChange: () => void,
): BrokenClient {
  const mounted = new Map<string, Set<Gate>>();
  const lazies = new Map<string, WeakMap<object, LazySource>>();
  const noLazy = {};

  const breakLoad = (feature: string, lazy: LazySource | null): LazySource | null => {
    const fault = faults.get(feature);
    if (fault === undefined || !breaksLoads(fault)) return lazy;
    const known = lazies.get(feature) ?? new WeakMap<object, LazySource>();
    lazies.set(feature, known);
    // One for each loader, so that gates that share a load go on doing so.
    const broken = known.get(lazy ?? noLazy) ?? brokenSource(feature, lazy, fault, hangs);
    known.set(lazy ?? noLazy, broken);
    return broken;
  };

  const watch = (feature: string, gate: Gate): Gate => {
    const { isSubscribed, connect, committed } = gate;
    const failure = faults.get(feature)?.failure;
    // The first that v2 asks while it renders, from inside its catcher.
    gate.isSubscribed = () => {
      if (failure === 'render' && gate.getView().shows === 'v2') throw thrownOnPurpose(feature, failure);
      return isSubscribed.call(gate);
    };
    gate.committed = (version, commitMs) => {
      committed.call(gate, version, commitMs);
      if (failure === 'effect' && version === 'v2') throw thrownOnPurpose(feature, failure);
    };
    gate.connect = () => {
      const gates = mounted.get(feature) ?? new Set();
      mounted.set(feature, gates.add(gate));
      const disconnect = connect.call(gate);
      const stop = gate.subscribe(onChange);
      onChange();
      return () => {
        gates.delete(gate);
        stop();
        disconnect();
        onChange();
      };
    };
    return gate;
  };

  const { internals } = client;
  return {
    client: {
      ...client,
      internals: {
        ...internals,
        createGate: (feature, lazy, wrap) =>
          watch(feature, internals.createGate(feature, breakLoad(feature, lazy), wrap)),
      },
    },
    viewsOf: (feature) => Array.from(mounted.get(feature) ?? [], (gate) => gate.getView()),
  };
}

const breaksLoads = ({ failure, delayMs }: Fault): boolean => failure === 'load' || failure === 'hang' || delayMs > 0;

function brokenSource(
  feature: string,
  lazy: LazySource | null,
  { failure, delayMs }: Fault,
  hangs: boolean,
): LazySource {
  const load: Loader = lazy?.loader ?? (() => Promise.resolve({ default: Nothing }));
  const options = lazy?.options ?? {};
  let isHere = false;
  return {
    createLoads: lazy?.createLoads ?? createLoads,
    preloaded: () => (isHere ? arrived : undefined),
    options: {
      ...options,
      // Trying again would fail again, seconds later.
      ...(failure === 'load' && { retries: 0 }),
      ...(failure === 'hang' && hangs && { timeoutMs: maxDelayMs }),
    },
    async loader() {
      if (delayMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, delayMs));
      if (failure === 'hang') return new Promise<never>(() => {});
      if (failure === 'load') throw thrownOnPurpose(feature, failure);
      isHere = lazy === null;
      return load();
    },
  };
}
