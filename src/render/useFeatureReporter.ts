'use client';

import { useContext, useMemo } from 'react';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import type { Emit } from '../client/episode.js';
import type { MeasureOptions } from '../client/meter.js';
import type { FeatureKey } from '../features.js';
import type { FailurePhase } from '../observe/observe.js';
import { useSwitchback } from './context.js';
import { useLayout } from './useLayout.js';
import { VersionContext, type VersionScope } from './VersionContext.js';

/** What becomes of a reported failure. */
export interface ReportOptions {
  /** Whether v1 takes v2's place. Default: v2 stays. */
  readonly fallback?: boolean | undefined;
}

/** Tells of failures that no boundary sees: those of event handlers, promises and timers. Stable. */
export interface FeatureReporter {
  /** Counts a failure of the version this component is part of, phase `reported`. */
  readonly reportFailure: (error: unknown, options?: ReportOptions) => void;
  /**
   * Watches a function, sync or async: what it throws or rejects with is counted, phase `event`, and thrown on. After the
   * component has gone nothing is counted.
   */
  readonly wrap: <Args extends readonly unknown[], Result>(
    run: (...args: Args) => Result,
    options?: ReportOptions,
  ) => (...args: Args) => Result;
  /**
   * Adds a value to the version's numbers, beside those of the other one. A bad name or value is left out and told to
   * `onInternalFault`.
   * @param name a letter, then up to 63 letters, digits, `_` or `.`; 10 names per feature, each of one kind and unit
   * @param value 0 to 10^15; a gauge may be negative
   * @param given a unit, or unit and kind; default: a histogram of ms
   */
  readonly measure: (name: string, value: number, given?: string | MeasureOptions) => void;
  /**
   * Measures how long work takes, in ms, also when it fails; whether it failed is for `wrap` to count.
   * @param work a promise, or a function that is called at once; what it throws then is not measured
   * @returns what the work gives: of a promise, another one
   */
  readonly time: <T>(name: string, work: T | (() => T)) => T;
  /** `fetch`, whose latency (`fetchMs`) and errors count for the version that asks. Nothing else of it is changed. */
  readonly fetch: typeof fetch;
}

/** Reports for one feature. Inside one of its gates a failure belongs to the version there; elsewhere to the decided one. */
export function useFeatureReporter(feature: FeatureKey): FeatureReporter {
  const client = useSwitchback();
  const scope = useContext(VersionContext);
  const reporter = useMemo(() => createReporter(client, scope, feature), [client, scope, feature]);
  useLayout(reporter.mount, [reporter]);
  return reporter;
}

function createReporter(
  client: SwitchbackClient,
  scope: VersionScope | null,
  feature: FeatureKey,
): FeatureReporter & { readonly mount: () => () => void } {
  // Another object for each mount: what StrictMode's first one began would else count twice.
  let mounted: object | undefined;
  let own = scope;
  while (own && own.gate.feature !== feature) own = own.outer;

  const report = (phase: FailurePhase, error: unknown, { fallback = false }: ReportOptions): void => {
    if (!mounted) return;
    if (!own) client.reportFailure(feature, error, phase);
    else if (fallback && own.version === 'v2') own.gate.fallBack(phase, error);
    else own.gate.reportFailure(own.version, phase, error);
  };
  const { measuring } = client.internals.parts;
  // Of the version as it is when something begins, whatever is shown when it ends.
  const emit = (): Emit | undefined => (mounted ? own?.gate.observer(own.version) : () => {});
  return {
    mount() {
      mounted = {};
      return () => {
        mounted = undefined;
      };
    },
    reportFailure: (error, options = {}) => report('reported', error, options),
    measure: (name, value, given) => measuring.measure(feature, name, value, given, emit()),
    time: (name, work) => measuring.time(feature, name, work, emit()),
    fetch: (input, init) =>
      measuring.time<Promise<Response>>(
        feature,
        '',
        () => fetch(input, init),
        emit(),
        (ms, of, response) => {
          const status = response?.status ?? 0;
          const signal = init?.signal ?? (input as Partial<Request>).signal;
          return (meter) => meter.fetched(of, ms, status, signal);
        },
      ),
    wrap:
      <Args extends readonly unknown[], Result>(run: (...args: Args) => Result, options: ReportOptions = {}) =>
      (...args: Args): Result => {
        const begunBy = mounted;
        const failed = (error: unknown): never => {
          if (!begunBy || begunBy === mounted) report('event', error, options);
          throw error;
        };
        let result: Result;
        try {
          result = run(...args);
        } catch (error) {
          return failed(error);
        }
        // The rejection goes on to whoever awaits the result; only we must not be the ones who swallow it.
        return result instanceof Promise ? (result.catch(failed) as Result) : result;
      },
  };
}
