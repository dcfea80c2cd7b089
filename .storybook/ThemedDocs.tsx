import { DocsContainer, type DocsContainerProps } from '@storybook/addon-docs/blocks';
import { useEffect, useState, type PropsWithChildren, type ReactNode } from 'react';
import { GLOBALS_UPDATED, SET_GLOBALS } from 'storybook/internal/core-events';
import { themes } from 'storybook/theming';
import { themeOf } from '../stories/Stage.js';

type Globals = { readonly globals: Readonly<Record<string, unknown>> };

/** The documentation page in the colours of the stories on it. */
export function ThemedDocs(props: PropsWithChildren<DocsContainerProps>): ReactNode {
  const { channel } = props.context;
  const [theme, setTheme] = useState(() => themeOf(new URLSearchParams(location.search).get('globals') ?? ''));
  useEffect(() => {
    const follow = ({ globals }: Globals): void => setTheme(themeOf(globals));
    channel.on(SET_GLOBALS, follow);
    channel.on(GLOBALS_UPDATED, follow);
    return () => {
      channel.off(SET_GLOBALS, follow);
      channel.off(GLOBALS_UPDATED, follow);
    };
  }, [channel]);
  return <DocsContainer {...props} theme={themes[theme]} />;
}
