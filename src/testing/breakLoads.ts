import type { Clock } from '../client/clock.js';
import type { LazySource } from '../client/gateView.js';
import { createLoads, type Loader, type LoadRecord } from '../client/loads.js';
import { thrownOnPurpose, type Faults } from './testFailures.js';

/** Puts a test's failures and delays between gates and v2's code. */
export type BreakLoads = (feature: string, lazy: LazySource | null) => LazySource | null;

// A record without a component: the gate renders v2 as it was given.
const arrived: LoadRecord = { phase: 'ready', component: undefined, loadMs: 0 };
const Nothing = (): null => null;

/** @returns for a v2 that is not lazy null, unless it has to come late or not at all */
export function createBreakLoads(faults: Faults, clock: Clock): BreakLoads {
  const lazies = new Map<string, WeakMap<LazySource, LazySource>>();
  const others = new Map<string, LazySource>();

  const breakLoader =
    (feature: string, loader: Loader): Loader =>
    async () => {
      const delayMs = faults.delayMsOf(feature);
      if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      const failure = faults.failureOf(feature);
      if (failure === 'hang') return new Promise(() => {});
      if (failure === 'load') throw thrownOnPurpose(feature, failure);
      return loader();
    };
  const cannotLoad = (feature: string): boolean => {
    const failure = faults.failureOf(feature);
    return failure === 'load' || failure === 'hang';
  };
  const isBroken = (feature: string): boolean => cannotLoad(feature) || faults.delayMsOf(feature) > 0;

  const wrap = (feature: string, { loader, options, ...lazy }: LazySource): LazySource => ({
    ...lazy,
    loader: breakLoader(feature, loader),
    // Trying again would fail again, seconds later.
    get options() {
      return cannotLoad(feature) ? { ...options, retries: 0 } : options;
    },
    preloaded: () => (isBroken(feature) ? undefined : lazy.preloaded()),
  });

  const makeUp = (feature: string): LazySource => {
    let isHere = false;
    const loader = async (): Promise<{ default: unknown }> => {
      isHere = true;
      return { default: Nothing };
    };
    const made = wrap(feature, { loader, options: { retries: 0 }, createLoads, preloaded: () => undefined });
    return { ...made, preloaded: () => (isHere && !cannotLoad(feature) ? arrived : undefined) };
  };

  return (feature, lazy) => {
    if (lazy === null) {
      if (!isBroken(feature)) return null;
      const other = others.get(feature) ?? makeUp(feature);
      others.set(feature, other);
      return other;
    }
    const known = lazies.get(feature) ?? new WeakMap<LazySource, LazySource>();
    lazies.set(feature, known);
    // One for each loader, so that gates that share a load go on doing so.
    const wrapped = known.get(lazy) ?? wrap(feature, lazy);
    known.set(lazy, wrapped);
    return wrapped;
  };
}
