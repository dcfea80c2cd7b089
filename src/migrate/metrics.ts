import type { CallTotals, VersionCalls } from './callTally.js';

/** What became of one version's calls. */
type Calls = Readonly<Omit<VersionCalls, 'logMs'>>;

/** What became of calls. */
export interface Metrics extends Readonly<Omit<CallTotals, 'v1' | 'v2'>> {
  readonly v1: Calls;
  readonly v2: Calls;
}

export function metricsOf(all: readonly CallTotals[]): Metrics {
  const sum = (read: (totals: CallTotals) => number): number => all.reduce((total, one) => total + read(one), 0);
  const calls = (version: 'v1' | 'v2'): Calls => ({
    calls: sum((totals) => totals[version].calls),
    succeeded: sum((totals) => totals[version].succeeded),
    failed: sum((totals) => totals[version].failed),
    aborted: sum((totals) => totals[version].aborted),
  });
  return {
    v1: calls('v1'),
    v2: calls('v2'),
    fallbacks: sum(({ fallbacks }) => fallbacks),
    refused: sum(({ refused }) => refused),
    timedOut: sum(({ timedOut }) => timedOut),
    suppressed: sum(({ suppressed }) => suppressed),
  };
}
