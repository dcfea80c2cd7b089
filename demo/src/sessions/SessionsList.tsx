import { useId, useState, type ReactNode } from 'react';
import { matches } from '../data/memories.js';
import { deleteSession, plainTitle, sessionStore, startSession } from '../data/sessions.js';
import { useValue } from '../data/valueStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';

/** Version 1: sessions by the time they began. */
export function SessionsList(): ReactNode {
  useOnScreen('sessionsList', 'v1');
  const sessions = useValue(sessionStore);
  const [query, setQuery] = useState('');
  const id = useId();
  const shown = sessions.filter((session) => matches(plainTitle(session), query));

  return (
    <div className="sessions-v1" data-testid="sessions-v1">
      <div className="panel-tools">
        <VersionBadge version="v1" />
        <label className="visually-hidden" htmlFor={id}>
          Search sessions
        </label>
        <input
          id={id}
          type="search"
          placeholder="Search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <button type="button" onClick={startSession}>
          New session
        </button>
      </div>
      <ul className="plain-list" role="list">
        {shown.map((session) => (
          <li key={session.id}>
            <span>{plainTitle(session)}</span>
            <button type="button" className="link-button" onClick={() => deleteSession(session.id)}>
              Delete<span className="visually-hidden">: {plainTitle(session)}</span>
            </button>
          </li>
        ))}
        {shown.length === 0 ? <li className="muted">No sessions.</li> : null}
      </ul>
    </div>
  );
}
