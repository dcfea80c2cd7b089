'use client';

import type { Clock } from '../../client/clock.js';
import { createLoads, type Loader, type LoadRecord, type LazySource } from '../../client/loads.js';
import { maxDelayMs, thrownOnPurpose } from './failure.js';
import type { FaultOf } from './faults.js';

export interface BreakLoadsOptions {
  readonly clock: Clock;
  /** Code that never arrives is waited for far beyond its own timeout, as a picture of loading needs it. Default false. */
  readonly waitsForever?: boolean | undefined;
}

/** Puts failures and delays between a gate and v2's code. Null: v2 is not lazy. */
export type BreakLoads = (feature: string, lazy: LazySource | null) => LazySource | null;

// Loaded in place of a v2 that needs no loading, and never shown.
const Nothing = (): null => null;
/** What stands for such a v2 once it was waited for: no component, so that the gate renders what it was given. */
const arrived: LoadRecord = { phase: 'ready', component: undefined, loadMs: 0 };

/** A loader whose code comes late, or not at all. */
export const breakLoader =
  (feature: string, loader: Loader, faultOf: FaultOf, clock: Clock): Loader =>
  async () => {
    const { delayMs } = faultOf(feature);
    if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
    const { failure } = faultOf(feature);
    if (failure === 'hang') return new Promise(() => {});
    if (failure === 'load') throw thrownOnPurpose(feature, failure);
    return loader();
  };

/** @returns for a v2 that is not lazy null, unless it has to come late or not at all */
export function createBreakLoads(faultOf: FaultOf, { clock, waitsForever = false }: BreakLoadsOptions): BreakLoads {
  const lazies = new Map<string, WeakMap<LazySource, LazySource>>();
  const others = new Map<string, LazySource>();
  const cannotLoad = (feature: string): boolean => ['load', 'hang'].includes(faultOf(feature).failure ?? '');
  const isBroken = (feature: string): boolean => cannotLoad(feature) || faultOf(feature).delayMs > 0;

  const wrap = (feature: string, { loader, options, ...lazy }: LazySource): LazySource => ({
    ...lazy,
    loader: breakLoader(feature, loader, faultOf, clock),
    get options() {
      return {
        ...options,
        // Trying again would fail again, seconds later.
        ...(cannotLoad(feature) && { retries: 0 }),
        ...(waitsForever && faultOf(feature).failure === 'hang' && { timeoutMs: maxDelayMs }),
      };
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
