import { useEffect, useId, useState, type ReactNode } from 'react';
import { useSwitchbackStatus } from 'react-switchback';
import { newVisit, users, userStore } from './control/users.js';
import { useValue } from './data/valueStore.js';
import { MigrateLink } from './migrate/MigrateLink.js';
import { readTheme, type Theme } from './theme.js';

const statusWords: Readonly<Record<string, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  degraded: 'Live, after failures',
  polling: 'Polling',
  offline: 'Offline, last known good',
  static: 'Static',
  closed: 'Closed',
};

export function TopBar(): ReactNode {
  const { status, revision } = useSwitchbackStatus();
  const user = useValue(userStore);
  const [theme, setTheme] = useState<Theme>(readTheme);
  const id = useId();

  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem('demo:theme', theme);
    } catch {
      // The choice then lasts as long as the page.
    }
  }, [theme]);

  return (
    <header className="topbar">
      <h1>
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M6 25h14a4.5 4.5 0 0 0 0-9h-8a4.5 4.5 0 0 1 0-9h14" />
        </svg>
        Switchback <span className="muted">demo</span>
      </h1>
      <p className="pill" data-status={status} role="status" data-testid="status">
        {statusWords[status] ?? status}
        {revision === null ? null : <span className="revision"> · revision {revision}</span>}
      </p>
      <MigrateLink />
      <div className="topbar-tools">
        <label htmlFor={`${id}-user`}>Be</label>
        <select id={`${id}-user`} value={user} onChange={(event) => userStore.set(event.target.value)}>
          {users.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button type="button" onClick={newVisit}>
          New visit
        </button>
        <label className="visually-hidden" htmlFor={`${id}-theme`}>
          Colours
        </label>
        <select id={`${id}-theme`} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
          <option value="auto">Auto</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </select>
      </div>
    </header>
  );
}
