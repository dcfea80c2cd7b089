import { useSyncExternalStore, type ReactNode } from 'react';
import { useFeatureDetails } from 'react-switchback';
import type { FailureReport } from 'react-switchback/client';
import type { TestClient } from 'react-switchback/testing';

export interface EvidenceProps {
  readonly client: TestClient;
  readonly name: string;
}

/** What the client decided and counted so far: the numbers that reach the service. */
export function Evidence({ client, name }: EvidenceProps): ReactNode {
  const { version, reason } = useFeatureDetails('memoryPanel');
  useSyncExternalStore(everyMoment, () => client.observations.length);
  const rows = { decision: `${version} ${reason}`, ...countsOf(client) };
  return (
    <div role="group" aria-label={name}>
      <dl className="evidence">
        {Object.entries(rows).map(([label, value]) => (
          <div key={label} className="evidence-row">
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function everyMoment(onChange: () => void): () => void {
  const timer = setInterval(onChange, 50);
  return () => clearInterval(timer);
}

function countsOf({ observations }: TestClient) {
  const count = (version: string, kind: string): string =>
    String(observations.filter((seen) => seen.version === version && seen.kind === kind).length);
  const failures = observations.flatMap((seen) =>
    seen.kind === 'failure' && seen.version === 'v2' ? [seen.failure] : [],
  );
  return {
    'v1 shown': count('v1', 'exposure'),
    'v2 tried': count('v2', 'attempt'),
    'v2 shown': count('v2', 'exposure'),
    'v2 failed': failures.length === 0 ? '0' : countByPhase(failures),
    'kept on v1': count('v2', 'suppressedByBreaker'),
    overridden: count('v2', 'overridden'),
  };
}

function countByPhase(failures: readonly FailureReport[]): string {
  const phases = [...new Set(failures.map(({ phase }) => phase))];
  return phases
    .map((wanted) => ({ wanted, count: failures.filter(({ phase }) => phase === wanted).length }))
    .map(({ wanted, count }) => (count === 1 ? wanted : `${count} × ${wanted}`))
    .join(', ');
}
