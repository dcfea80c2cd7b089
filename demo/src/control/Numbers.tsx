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
  const phases = ['load', 'render', 'effect', 'event', 'reported'] as const;

  return (
    <div className="table-scroll">
      <table className="numbers" data-testid="numbers">
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
            <th scope="row">
              Failed <span className="muted">load · render · effect · event · told</span>
            </th>
            {cells(({ counts }) => phases.map((phase) => counts.failed[phase] ?? 0).join(' · '))}
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
    </div>
  );
}

const rounded = (ms: number | null): string => (ms === null ? '–' : ms < 10 ? ms.toFixed(1) : ms.toFixed(0));

function ErrorRate({ numbers: { counts, errorRate } }: { readonly numbers: VersionNumbers }): ReactNode {
  const failed = Object.values(counts.failed).reduce((sum, count) => sum + count, 0);
  const total = failed + counts.settled;
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
