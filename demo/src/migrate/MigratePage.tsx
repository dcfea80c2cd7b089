import { useEffect, type ReactNode } from 'react';
import { readTheme } from '../theme.js';
import { MemoryMove } from './MemoryMove.js';

/** The page at `?migrate`: data that moves while people use it. */
export function MigratePage(): ReactNode {
  useEffect(() => {
    document.documentElement.dataset['theme'] = readTheme();
    document.title = 'The memories move · Switchback demo';
  }, []);
  return (
    <main className="move-page">
      <h1>The memories move</h1>
      <p>
        Somebody writes all the time. Go stage by stage from localStorage to IndexedDB, copy what was there before,
        break IndexedDB, roll back: no memory is lost. <a href="/">Back to the workspace</a>
      </p>
      <MemoryMove name="demo-move" />
    </main>
  );
}
