import { useEffect, useState, type ReactNode } from 'react';
import type { Version } from 'react-switchback';
import { featureNames, type DemoFeature } from '../features.js';
import { adminRequest } from './admin.js';

interface VersionNumbers {
  readonly counts: {
    readonly attempts: number;
    readonly exposures: number;
    readonly settled: number;
    readonly failed: Readonly<Record<string, number>>;
    readonly aborted: number;
    readonly suppressedByBreaker: number;
    readonly overridden: number;
  };
  readonly errorRate: number | null;
  readonly timings: Readonly<
    Record<string, { readonly p50Ms: number | null; readonly p95Ms: number | null } | undefined>
  >;
}

interface Metrics {
  readonly feature: string;
  readonly versions: Readonly<Record<Version, VersionNumbers>>;
}

const refreshMs = 3_000;
/** Below this many observed outcomes a rate says nothing. */
const enough = 100;

/** v1 beside v2, as the service has counted them. */
export function Numbers({ feature }: { readonly feature: DemoFeature }): ReactNode {
  const [metrics, setMetrics] = useState<Metrics | null>(null);

  useEffect(() => {
    let isGone = false;
    const read = async (): Promise<void> => {
      try {
        const next = await adminRequest<Metrics>('GET', `/api/features/${feature}/metrics`);
        if (!isGone) setMetrics(next);
      } catch {
        // The service is away: the last numbers stay.
      }
    };
    void read();
    const timer = setInterval(() => void read(), refreshMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [feature]);

  const shown = metrics?.feature === feature ? metrics.versions : null;
  const cells = (read: (numbers: VersionNumbers) => ReactNode): ReactNode =>
    (['v1', 'v2'] as const).map((version) => (
      <td key={version} data-version={version}>
        {shown === null ? '–' : read(shown[version])}
      </td>
    ));

  return (
    <div className="table-scroll" data-testid="numbers">
      <table className="numbers">
        <caption>{featureNames[feature]}, last hour</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Number</span>
            </th>
            <th scope="col">v1</th>
            <th scope="col">v2</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Attempts</th>
            {cells(({ counts }) => counts.attempts)}
          </tr>
          <tr>
            <th scope="row">Exposures</th>
            {cells(({ counts }) => counts.exposures)}
          </tr>
          <tr>
            <th scope="row">Settled</th>
            {cells(({ counts }) => counts.settled)}
          </tr>
          <tr>
            <th scope="row">Failed</th>
            {cells((numbers) => (
              <Failures failed={numbers.counts.failed} />
            ))}
          </tr>
          <tr className="rate">
            <th scope="row">Error rate</th>
            {cells((numbers) => (
              <ErrorRate numbers={numbers} />
            ))}
          </tr>
          <tr>
            <th scope="row">
              Commit <span className="muted">p50 · p95 ms</span>
            </th>
            {cells(({ timings }) => {
              const timing = timings['commitMs'];
              return timing === undefined ? '–' : `${rounded(timing.p50Ms)} · ${rounded(timing.p95Ms)}`;
            })}
          </tr>
        </tbody>
      </table>
      {shown === null ? null : <p className="hint">{compare(shown.v1, shown.v2)}</p>}
    </div>
  );
}

const rounded = (ms: number | null): string => (ms === null ? '–' : ms < 10 ? ms.toFixed(1) : ms.toFixed(0));

const totalOf = (failed: VersionNumbers['counts']['failed']): number =>
  Object.values(failed).reduce((sum, count) => sum + count, 0);

function Failures({ failed }: { readonly failed: VersionNumbers['counts']['failed'] }): ReactNode {
  const phases = Object.entries(failed).filter(([, count]) => count > 0);
  return (
    <>
      {totalOf(failed)}
      {phases.map(([phase, count]) => (
        <span key={phase} className="sample">
          {count} in {phase}
        </span>
      ))}
    </>
  );
}

const outcomesOf = ({ counts }: VersionNumbers): number => totalOf(counts.failed) + counts.settled;

function compare(v1: VersionNumbers, v2: VersionNumbers): string {
  if (v1.errorRate === null || v2.errorRate === null || Math.min(outcomesOf(v1), outcomesOf(v2)) < enough)
    return `A comparison needs ${enough} outcomes of each version: send visitors at 50 %.`;
  const points = (v2.errorRate - v1.errorRate) * 100;
  if (Math.abs(points) < 0.05) return 'v2 fails as often as v1.';
  return `v2 fails ${Math.abs(points).toFixed(1)} points ${points > 0 ? 'more' : 'less'} often than v1.`;
}

function ErrorRate({ numbers: { counts, errorRate } }: { readonly numbers: VersionNumbers }): ReactNode {
  const total = totalOf(counts.failed) + counts.settled;
  if (errorRate === null || total === 0) return '–';
  return (
    <>
      {(errorRate * 100).toFixed(1)} %{' '}
      <span className="sample" data-few={total < enough ? '' : undefined}>
        {total < enough ? `too few, n = ${total}` : `n = ${total}`}
      </span>
    </>
  );
}
