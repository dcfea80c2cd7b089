/** @jsxRuntime classic */
import * as React from 'react';
import type { StoryReport } from './report.js';

const { useState } = React;

/** Everything that was observed, newest first. */
export function EventLog({ reports }: { readonly reports: readonly StoryReport[] }): React.ReactElement {
  const [wanted, setWanted] = useState('');
  const entries = reports
    .flatMap(({ side, log }) => log.map((entry) => ({ ...entry, side, key: `${side} ${entry.id}` })))
    .filter(({ feature, version, what }) =>
      `${feature} ${version} ${what}`.toLowerCase().includes(wanted.toLowerCase()),
    )
    .sort((a, b) => b.atMs - a.atMs || b.id - a.id);

  return (
    <section className="log" aria-label="Events">
      <header>
        <h2>Events</h2>
        <label>
          Filter
          <input type="search" value={wanted} onChange={(event) => setWanted(event.target.value)} />
        </label>
      </header>
      {/* Scrolled with the keyboard, too. */}
      <ol tabIndex={0} aria-label="Events, newest first">
        {entries.map(({ key, atMs, side, feature, version, what }) => (
          <li key={key}>
            <time>{new Date(atMs).toISOString().slice(11, 23)}</time> {side === 'story' ? '' : `(${side}) `}
            <strong>{feature}</strong> {version} {what}
          </li>
        ))}
      </ol>
      {entries.length === 0 ? <p>Nothing happened yet.</p> : null}
    </section>
  );
}
