import type { ReactNode } from 'react';
import './stage.css';

export type Theme = 'light' | 'dark';

/** The theme that the toolbar or the page's URL asks for. */
export function themeOf(globals: Readonly<Record<string, unknown>> | string): Theme {
  const isDark = typeof globals === 'string' ? /(^|;)theme:dark(;|$)/.test(globals) : globals['theme'] === 'dark';
  return isDark ? 'dark' : 'light';
}

export interface StageProps {
  readonly theme: Theme;
  readonly isWholePage: boolean;
  readonly children: ReactNode;
}

/** The ground that stories stand on: colours, type and margins. */
export function Stage({ theme, isWholePage, children }: StageProps): ReactNode {
  return (
    <div className={isWholePage ? 'stage stage-page' : 'stage'} data-theme={theme}>
      {children}
    </div>
  );
}
