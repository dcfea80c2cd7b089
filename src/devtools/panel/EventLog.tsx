import { useState, type ReactNode } from 'react';
import type { Inspector, LoggedEvent } from './inspector.js';

const shownAtOnce = 100;

/** What happened since the panel is here, the latest first. */
export function EventLog({ inspector }: { readonly inspector: Inspector }): ReactNode {
  const [filter, setFilter] = useState('');
  const [paused, setPaused] = useState<readonly LoggedEvent[]>();
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const events = (paused ?? inspector.events()).filter((event) => {
    const text = `${event.feature ?? ''} ${event.kind} ${event.text}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <section aria-labelledby="events">
      <h3 id="events">Events</h3>
      <div className="row">
        <label className="field">
          Filter by feature, kind or text
          <input type="search" value={filter} onChange={(event) => setFilter(event.target.value)} />
        </label>
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : inspector.events())}
        >
          Pause
        </button>
        <button
          type="button"
          onClick={() => {
            inspector.clearEvents();
            setPaused(undefined);
          }}
        >
          Clear
        </button>
      </div>
      <p className="count">
        {events.length > shownAtOnce ? `The latest ${shownAtOnce} of ${events.length}` : `${events.length} in all`}
      </p>
      {/* Focusable, since it scrolls. */}
      <div className="log" role="group" aria-label="Event log" tabIndex={0}>
        <ol>
          {events.slice(0, shownAtOnce).map(({ id, atMs, feature, kind, text }) => (
            <li key={id} data-kind={kind}>
              <time>{new Date(atMs).toISOString().slice(11, 23)}</time> <b>{kind}</b> {feature ?? ''} {text}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
