import { useContext, useEffect, useSyncExternalStore, type ReactNode } from 'react';
import { fetchChunk } from '../client/fetchChunk.js';
import { SwitchbackContext } from '../render/context.js';
import { SwitchbackError } from '../error.js';
import type { SwitchbackDevtoolsProps } from './devtoolsProps.js';

/** Puts the panel on the page as long as it is mounted. It has a root of its own: what breaks there breaks nothing here. */
export function DevtoolsHost({
  client: given,
  position = 'bottom-right',
  theme = 'auto',
  show = 'always',
  hotkey,
}: SwitchbackDevtoolsProps): ReactNode {
  const near = useContext(SwitchbackContext);
  const client = given ?? near;
  if (client === null)
    throw new SwitchbackError(
      'missing-provider',
      '<SwitchbackDevtools> needs a <SwitchbackProvider> above it, or client',
    );
  const { subscribeOverrides, parts, fault } = client.internals;
  const isShown = useSyncExternalStore(
    subscribeOverrides,
    () => show === 'always' || Object.keys(parts.features).some((feature) => parts.overrides.get(feature)),
    () => false,
  );
  useEffect(() => {
    if (!isShown) return undefined;
    let close: (() => void) | undefined;
    let isOver = false;
    const stop = fetchChunk(
      () => import('./panel/openPanel.js'),
      parts.clock,
      ({ openPanel }) => {
        if (!isOver) close = openPanel(client, { position, theme, hotkey });
      },
      (error) => fault('devtools', error),
    );
    return () => {
      isOver = true;
      stop();
      close?.();
    };
  }, [client, parts, fault, isShown, position, theme, hotkey]);
  return null;
}
