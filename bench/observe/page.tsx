// What observing costs: the same observations into a sink that does nothing and into the one that reports.
import {
  createSwitchback,
  defineFeatures,
  httpSink,
  systemClock,
  type Clock,
  type Observation,
  type SwitchbackClient,
} from 'react-switchback/client';
import { rulesSnapshot } from '../../test/harness/snapshot.js';

type Emit = (observed: { readonly kind: 'exposure' }) => void;

const keys = Array.from({ length: 1_000 }, (_, index) => `feature${index}`);
const definitions = Object.fromEntries(keys.map((key) => [key, {}]));

/** `empty`: a sink that does nothing. `http`: the one that reports, to a service that never answers. */
type SinkName = 'empty' | 'http';

async function openClient(name: SinkName, clock: Clock = systemClock): Promise<SwitchbackClient> {
  const sinks = {
    empty: () => ({ name: 'empty', observe: (_observation: Observation, _subject: string) => {} }),
    http: () => httpSink({ url: '/api', storage: false, sendBeacon: null, fetch: () => new Promise(() => {}) }),
  };
  const client = createSwitchback({
    features: defineFeatures(definitions),
    initial: rulesSnapshot(definitions),
    context: { targetingKey: 'user-1' },
    storage: false,
    settleMs: 50,
    clock,
    sinks: [sinks[name]()],
  });
  // The code that reports and measures is there.
  emitOf(client, keys[0]!)({ kind: 'exposure' });
  client.measure(keys[0]!, 'searchMs', 1);
  await passed(300);
  return client;
}

const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function emitOf(client: SwitchbackClient, feature: string): Emit {
  const host = client.internals.parts.hostOf(feature);
  return host.observer('v2', host.decision());
}

const clients = new Map<SinkName, SwitchbackClient>();
async function clientOf(name: SinkName): Promise<SwitchbackClient> {
  let client = clients.get(name);
  if (!client) clients.set(name, (client = await openClient(name)));
  return client;
}

const perTask = 1_000;

/**
 * Observes the same again and again, as a version that stays on the screen does.
 * @param what an exposure, or a measure of the host's
 * @returns ns for one, up to and with what the sink does
 */
async function steadyNs(name: SinkName, what: 'exposure' | 'measure', tasks: number): Promise<number> {
  const client = await clientOf(name);
  const emit = emitOf(client, keys[0]!);
  let tookMs = 0;
  for (let task = 0; task < tasks; task++) {
    const startedMs = performance.now();
    if (what === 'exposure') for (let at = 0; at < perTask; at++) emit({ kind: 'exposure' });
    else for (let at = 0; at < perTask; at++) client.measure(keys[0]!, 'searchMs', 12);
    // Sinks hear of it in a microtask of their own.
    await Promise.resolve();
    tookMs += performance.now() - startedMs;
    if (task % 20 === 0) await passed(0);
  }
  return (tookMs * 1e6) / (tasks * perTask);
}

interface AtOnce {
  readonly exposedMs: number;
  readonly settledMs: number;
}

/**
 * A thousand gates show v2 in one task, and settle in one timer.
 * @param features how many features they are of
 * @returns ms of the main thread, until the sinks have taken it all
 */
async function reportAtOnce(name: SinkName, features: number): Promise<AtOnce> {
  let settledMs = 0;
  const clock: Clock = {
    now: systemClock.now,
    after: (delayMs, run) =>
      systemClock.after(delayMs, () => {
        const startedMs = performance.now();
        run();
        // Sinks hear of it in a microtask that was queued before this one.
        queueMicrotask(() => {
          if (delayMs === 50) settledMs += performance.now() - startedMs;
        });
      }),
  };
  const client = await openClient(name, clock);
  const gates = keys.map((_, at) => client.internals.createGate(keys[at % features]!, null));
  for (const gate of gates) gate.getView();
  const startedMs = performance.now();
  const ends = gates.map((gate) => gate.connect());
  for (const gate of gates) gate.committed('v2', 5);
  await Promise.resolve();
  const exposedMs = performance.now() - startedMs;
  await passed(200);
  for (const end of ends) end();
  client.close();
  await passed(0);
  return { exposedMs, settledMs };
}

/** Exposes and settles again and again what is there already. */
async function observeForHeap(name: SinkName, tasks: number): Promise<void> {
  await steadyNs(name, 'exposure', tasks);
  await steadyNs(name, 'measure', tasks);
}

const observeBench = { steadyNs, reportAtOnce, observeForHeap };

declare global {
  interface Window {
    observeBench: typeof observeBench;
  }
}

window.observeBench = observeBench;
