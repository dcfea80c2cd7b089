import { useEffect, useId, type ReactNode } from 'react';
import {
  createHealthMonitor,
  useFeatureReporter,
  useSwitchback,
  useSwitchbackHealth,
  useSwitchbackStatus,
  type ConnectionQuality,
  type Health,
} from 'react-switchback';
import './memoryCard.css';

const connections: Readonly<Record<ConnectionQuality, string>> = {
  connecting: 'Connecting',
  live: 'Live: changes arrive as they happen',
  degraded: 'Degraded: live, but it failed often of late',
  polling: 'Polling: changes arrive within seconds',
  offline: 'Offline: showing what is known',
  static: 'Static: nothing changes',
  closed: 'Closed',
};

function explain({ level, reason }: Health): string {
  if (reason.because !== 'over-threshold') return `${level}: ${reason.because}`;
  const { threshold, value, limit, samples, v1 } = reason;
  const compared = v1 ? `, v1 ${Math.round(v1.value)}` : '';
  return `${level}: ${threshold} ${Math.round(value)} of ${limit}, ${samples} samples${compared}`;
}

/** Watches `memoryPanel` and says how it is, and how the connection is. */
export function HealthPanel(): ReactNode {
  const id = useId();
  const client = useSwitchback();
  const { measure } = useFeatureReporter('memoryPanel');
  useEffect(() => {
    const features = { memoryPanel: { maxLatencyMs: 200, minSamples: 5, latency: 'searchMs' } };
    const monitor = createHealthMonitor(client, { features });
    return monitor.close;
  }, [client]);
  const health = useSwitchbackHealth('memoryPanel');
  const { status } = useSwitchbackStatus();
  const search = (valueMs: number): void => {
    for (let count = 0; count < 5; count++) measure('searchMs', valueMs);
  };

  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        How version 2 is
      </h2>
      <div role="status">
        <dl className="facts">
          <dt>Health</dt>
          <dd>{explain(health)}</dd>
          <dt>Connection</dt>
          <dd>{connections[status]}</dd>
        </dl>
      </div>
      <p className="card-row">
        <button type="button" onClick={() => search(100)}>
          Search fast
        </button>
        <button type="button" onClick={() => search(300)}>
          Search slowly
        </button>
        <button type="button" onClick={() => search(900)}>
          Search for ages
        </button>
      </p>
    </section>
  );
}
