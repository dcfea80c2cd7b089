'use client';

import { useContext, useMemo } from 'react';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { timingOf } from '../client/timing.js';
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
   * Adds a duration to the version's numbers, beside those of v1.
   * @param name ending in `Ms`, such as `searchMs`; up to 32 letters and digits, 10 names per feature
   * @throws SwitchbackError `invalid-option` for another name
   */
  readonly measure: (name: string, valueMs: number) => void;
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
  return {
    mount() {
      mounted = {};
      return () => {
        mounted = undefined;
      };
    },
    reportFailure: (error, options = {}) => report('reported', error, options),
    measure(name, valueMs) {
      const timing = timingOf(name, valueMs);
      if (!own) client.measure(feature, name, valueMs);
      else if (timing && mounted) own.gate.observe(own.version, timing);
    },
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
