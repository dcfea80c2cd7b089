import type { ReactNode } from 'react';
import { useValue } from '../data/valueStore.js';
import { eventLog } from '../log/eventLog.js';

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** What happened, newest first. */
export function EventLog(): ReactNode {
  const entries = useValue(eventLog);
  return (
    <div className="log" role="log" aria-label="Live log, newest first" tabIndex={0} data-testid="log">
      <ol role="list">
        {entries.map(({ id, atMs, kind, text }) => (
          <li key={id} data-kind={kind}>
            <time dateTime={new Date(atMs).toISOString()}>{time.format(atMs)}</time>
            <span className="log-kind">{kind}</span>
            <span className="log-text">{text}</span>
          </li>
        ))}
        {entries.length === 0 ? <li className="muted">Nothing yet.</li> : null}
      </ol>
    </div>
  );
}
