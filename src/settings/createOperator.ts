'use client';

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Clock } from '../client/clock.js';
import type { OperatorApi } from './operatorApi.js';
import type { OperatorAction, OperatorChange, OperatorState, RollbackProgress } from './operatorFeature.js';
import type { OperatorHealth } from './operatorHealth.js';
import { OperatorProblem } from './operatorProblem.js';

/** What became of the latest action on a feature. `other`: the change that was faster. */
export type Outcome =
  | { readonly phase: 'working'; readonly action: OperatorAction }
  | { readonly phase: 'done'; readonly action: OperatorAction; readonly progress: RollbackProgress | null }
  | {
      readonly phase: 'failed';
      readonly action: OperatorAction;
      readonly problem: OperatorProblem;
      readonly other: OperatorChange | null;
    };

/** What the panel knows of the service. What was read stays when reading fails, with the problem beside it. */
export interface OperatorView {
  readonly state: OperatorState | null;
  readonly problem: OperatorProblem | null;
  /** ms since 1970 of the last good answer. */
  readonly readAtMs: number | null;
  /** By feature. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** What an operator's panel reads and does. */
export interface Operator {
  /** What is known now, and word of each change. */
  readonly store: Pick<StoreApi<OperatorView>, 'getState' | 'subscribe'>;
  /** Reads now and every 15 s; safe to call again after `stop`. */
  start(): void;
  /** Ends the reading. */
  stop(): void;
  /** Reads now. */
  refresh(): void;
  /** One at a time for a feature; while one is under way a second is ignored. Never rejects. */
  act(action: OperatorAction): Promise<void>;
  /** The latest 20 changes of a feature, latest first. */
  readChanges(feature: string): Promise<readonly OperatorChange[]>;
  /** How v2 did over the last 15 minutes. Rejects with an OperatorProblem. */
  readHealth(feature: string): Promise<OperatorHealth>;
}

const pollMs = 15_000;
const confirmMs = 1_000;
const confirmTries = 30;
const historyLimit = 20;

/** Makes what reads and changes features for the panel. Nothing is asked before `start`. */
export function createOperator(api: OperatorApi, clock: Clock): Operator {
  const store = createStore<OperatorView>(() => ({ state: null, problem: null, readAtMs: null, outcomes: new Map() }));
  // Which row an outcome speaks of: once somebody changes that, it is yesterday's news.
  const spokenOf = new Map<string, number | undefined>();
  let run = 0;
  let reading: Promise<void> | null = null;
  let isWanted = false;
  let cancelPoll = (): void => {};

  const settle = (feature: string, outcome: Outcome): void =>
    store.setState(({ outcomes }) => ({ outcomes: new Map(outcomes).set(feature, outcome) }));
  const current = (feature: string): Outcome | undefined => store.getState().outcomes.get(feature);

  const stillTrue = ({ features }: OperatorState): OperatorView['outcomes'] => {
    const { outcomes } = store.getState();
    const isOver = (feature: string): boolean =>
      spokenOf.has(feature) && spokenOf.get(feature) !== features.get(feature)?.rowRevision;
    return [...outcomes.keys()].some(isOver)
      ? new Map([...outcomes].filter(([feature]) => !isOver(feature)))
      : outcomes;
  };

  const readOn = async (mine: number): Promise<void> => {
    do {
      isWanted = false;
      const next = await api.readState().then(
        (state) => ({ state, problem: null, readAtMs: clock.now() }),
        (error: unknown) => ({ problem: problemIn(error) }),
      );
      if (mine !== run) return;
      store.setState('state' in next ? { ...next, outcomes: stillTrue(next.state) } : next);
    } while (isWanted);
    reading = null;
  };
  // Resolves after a reading that began later than this call: what was asked for before a change says nothing of it.
  const read = async (): Promise<void> => {
    isWanted = true;
    await (reading ??= readOn(run));
  };

  const poll = (): void => {
    cancelPoll = clock.after(pollMs, () => {
      if (document.visibilityState === 'visible') void read();
      poll();
    });
  };

  // A rollback is done when the pages show it, not when the service has heard of it.
  const confirm = async (action: OperatorAction): Promise<void> => {
    for (let tries = 0; tries < confirmTries; tries++) {
      const progress = await api.readProgress().catch(() => null);
      const outcome = current(action.feature);
      if (outcome?.phase !== 'done' || outcome.action !== action) return;
      if (progress !== null) settle(action.feature, { phase: 'done', action, progress });
      if (progress?.isComplete === true) return;
      await new Promise<void>((resolve) => clock.after(confirmMs, resolve));
    }
  };

  return {
    store,
    start() {
      run++;
      reading = null;
      void read();
      cancelPoll();
      poll();
    },
    stop() {
      run++;
      cancelPoll();
    },
    refresh: () => void read(),
    async act(action) {
      const { feature } = action;
      if (current(feature)?.phase === 'working') return;
      spokenOf.delete(feature);
      settle(feature, { phase: 'working', action });
      try {
        await api.act(action);
        settle(feature, { phase: 'done', action, progress: null });
        if (action.kind === 'disable') void confirm(action);
      } catch (error) {
        const problem = problemIn(error);
        const isRace = problem.kind === 'changed';
        const [other = null] = isRace ? await api.readChanges(feature, 1).catch(() => []) : [];
        settle(feature, { phase: 'failed', action, problem, other });
      }
      await read();
      spokenOf.set(feature, store.getState().state?.features.get(feature)?.rowRevision);
    },
    readChanges: (feature) => api.readChanges(feature, historyLimit),
    readHealth: api.readHealth,
  };
}

/** Whatever a call rejected with, as a problem. */
export const problemIn = (error: unknown): OperatorProblem =>
  error instanceof OperatorProblem ? error : new OperatorProblem('unreachable', '');
