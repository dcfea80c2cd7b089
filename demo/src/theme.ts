export type Theme = 'auto' | 'light' | 'dark';

/** What was chosen in this browser before. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem('demo:theme');
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}
