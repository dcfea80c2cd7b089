import type { SwitchbackClient } from '../../client/switchbackClient.js';
import type { EvaluationContext } from '../../evaluate/snapshot.js';
import type { Fault } from '../../render/breaking/faults.js';
import { createBreaking, describeFault } from './breaking.js';
import { describeObservation } from './describeObservation.js';

/** One line of the log: text only. */
export interface LoggedEvent {
  readonly id: number;
  /** ms since 1970. */
  readonly atMs: number;
  /** Null for what is about the page. */
  readonly feature: string | null;
  readonly kind: string;
  readonly text: string;
}

export interface FailuresSeen {
  readonly count: number;
  readonly last: string;
}

/** Watches a client and changes it on demand. An external store for React: the number of `version` goes up with every change. */
export interface Inspector {
  readonly features: readonly string[];
  subscribe(listener: () => void): () => void;
  version(): number;
  events(): readonly LoggedEvent[];
  clearEvents(): void;
  failuresOf(feature: string): FailuresSeen | undefined;
  /** Makes v2 fail, or come late, wherever it is or comes on the screen. */
  breakV2(feature: string, fault: Fault): void;
  faultOf(feature: string): Fault;
  /** Whether v2 waits for code that was made to come late, or not at all. */
  isLate(feature: string): boolean;
  /** Has the gates of a feature forget their failures and holds. */
  retry(feature: string): void;
  /** Forces no version any more; gates follow at once. */
  unforce(feature: string): void;
  /** Null: as it was before the first change here. */
  changeContext(context: EvaluationContext | null): void;
  isContextChanged(): boolean;
  close(): void;
}

const maxEvents = 300;
// A list of a thousand gates is one change of the panel.
const notifyAfterMs = 30;

export function createInspector(client: SwitchbackClient): Inspector {
  const { parts, subscribeOverrides, subscribe: subscribeState } = client.internals;
  const features = Object.keys(parts.features);
  const listeners = new Set<() => void>();
  const failures = new Map<string, FailuresSeen>();
  let events: readonly LoggedEvent[] = [];
  let nextId = 1;
  let version = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let contextBefore: EvaluationContext | undefined;

  // At once for what was done here: a checkbox must not jump back until the panel hears of it.
  const changedNow = (): void => {
    clearTimeout(timer);
    timer = undefined;
    version++;
    for (const listener of listeners) listener();
  };
  const changed = (): void => {
    timer ??= setTimeout(changedNow, notifyAfterMs);
  };
  const log = (feature: string | null, kind: string, text: string, atMs = parts.clock.now()): void => {
    events = [{ id: nextId++, atMs, feature, kind, text }, ...events.slice(0, maxEvents - 1)];
    changed();
  };

  // Whoever looked before goes on looking.
  const { inspect: before } = parts.read();
  const inspect: typeof before = (observation) => {
    before?.(observation);
    const { feature, kind, atMs } = observation;
    const text = describeObservation(observation);
    if (kind === 'failure') failures.set(feature, { count: (failures.get(feature)?.count ?? 0) + 1, last: text });
    log(feature, kind, text, atMs);
  };
  parts.put({ inspect });

  let { status } = client.getStatus();
  const shown = new Map(features.map((feature) => [feature, client.getDecision(feature)]));
  const stops = [
    subscribeState(changed),
    subscribeOverrides(changedNow),
    client.subscribeStatus(() => {
      const next = client.getStatus().status;
      if (next !== status) log(null, 'connection', `${status} → ${next}`);
      status = next;
    }),
    ...features.map((feature) =>
      client.subscribe(feature, () => {
        const from = shown.get(feature);
        const to = client.getDecision(feature);
        shown.set(feature, to);
        log(feature, 'decision', `${from?.version} ${from?.reason} → ${to.version} ${to.reason}`);
      }),
    ),
  ];

  const breaking = createBreaking(parts, changedNow);
  const resetGates = (feature: string): void => {
    for (const gate of parts.gates.visible(feature)) gate.reset();
  };
  const retry = (feature: string): void => {
    breaking.again(feature);
    resetGates(feature);
    parts.gates.release(feature);
    changed();
  };
  const restoreContext = (): void => {
    if (contextBefore) client.setContext(contextBefore);
    contextBefore = undefined;
  };

  return {
    features,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    version: () => version,
    events: () => events,
    clearEvents() {
      events = [];
      changed();
    },
    failuresOf: (feature) => failures.get(feature),
    breakV2(feature, fault) {
      breaking.put(feature, fault);
      log(feature, 'devtools', describeFault(fault));
      // One that failed already fails in the new way, or works.
      resetGates(feature);
      if (fault.failure === null) parts.gates.release(feature);
    },
    faultOf: breaking.of,
    isLate: breaking.isLate,
    retry,
    unforce(feature) {
      client.setOverride(feature, null);
      parts.gates.release(feature);
    },
    changeContext(context) {
      if (context === null) restoreContext();
      else {
        contextBefore ??= parts.read().context;
        client.setContext(context);
      }
      log(null, 'devtools', context === null ? 'the user is the app’s again' : 'the user was changed');
    },
    isContextChanged: () => contextBefore !== undefined,
    close() {
      for (const stop of stops) stop();
      clearTimeout(timer);
      listeners.clear();
      if (parts.read().inspect === inspect) parts.put({ inspect: before });
      breaking.close();
      clearTimeout(timer);
    },
  };
}
