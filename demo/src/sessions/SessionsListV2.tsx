import { useId, useState, type ReactNode } from 'react';
import { matches } from '../data/memories.js';
import { dayOf, deleteSession, describedTitle, sessionStore, startSession, timeOf } from '../data/sessions.js';
import { useNow } from '../data/useNow.js';
import { useValue } from '../data/valueStore.js';
import { useFault } from '../faults/faultStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';
import './sessionsV2.css';

/** Version 2: sessions by what happened in them, a heading for each day. */
export default function SessionsListV2(): ReactNode {
  useOnScreen('sessionsList', 'v2');
  useFault('sessionsList');
  const sessions = useValue(sessionStore);
  const [query, setQuery] = useState('');
  const id = useId();

  const nowMs = useNow();
  const shown = sessions.filter((session) => matches(`${describedTitle(session)} ${session.files.join(' ')}`, query));
  const days = [...new Set(shown.map((session) => dayOf(session, nowMs)))];

  return (
    <div className="sessions-v2" data-testid="sessions-v2">
      <div className="panel-tools">
        <VersionBadge version="v2" />
        <label className="visually-hidden" htmlFor={id}>
          Search sessions
        </label>
        <input
          id={id}
          type="search"
          placeholder="Search titles and files"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <button type="button" className="primary" onClick={startSession}>
          New session
        </button>
      </div>
      {days.map((day) => (
        <section key={day} className="day">
          <h3>{day}</h3>
          <ul role="list">
            {shown
              .filter((session) => dayOf(session, nowMs) === day)
              .map((session) => (
                <li key={session.id}>
                  <span className="session-mark" aria-hidden="true">
                    {describedTitle(session).charAt(0)}
                  </span>
                  <span className="session-text">
                    <strong>{describedTitle(session)}</strong>
                    <span className="muted">
                      {timeOf(session)} · {session.files.join(', ')} · {session.commands} commands
                    </span>
                  </span>
                  <button type="button" className="icon-button" onClick={() => deleteSession(session.id)}>
                    <span aria-hidden="true">✕</span>
                    <span className="visually-hidden">Delete: {describedTitle(session)}</span>
                  </button>
                </li>
              ))}
          </ul>
        </section>
      ))}
      {shown.length === 0 ? <p className="muted empty">No session matches.</p> : null}
    </div>
  );
}
