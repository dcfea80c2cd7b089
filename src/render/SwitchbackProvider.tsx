'use client';
// Comes in: options or a client. Goes out: the client to every hook and gate below. Who calls: the host's root.
import { useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { createSwitchback } from '../client/client.js';
import type { SwitchbackOptions } from '../client/options.js';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { SwitchbackError } from '../error.js';
import { SwitchbackContext } from './context.js';
import { useLayout } from './useLayout.js';

/** Either the options of a client of the provider's own, or a client that the host made and closes. */
export type SwitchbackProviderProps = { readonly children?: ReactNode } & (
  | ({ readonly client?: undefined } & SwitchbackOptions)
  | ({ readonly client: SwitchbackClient } & { readonly [Option in keyof SwitchbackOptions]?: undefined })
);

/**
 * Gives the features to the components below.
 *
 * With options it makes a client once; `context` and the callbacks may change later, the other options count at the first
 * render. With `client` it starts that client and leaves closing it to the host.
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 */
export function SwitchbackProvider({ children, client: given, ...rest }: SwitchbackProviderProps): ReactNode {
  const options = rest as SwitchbackOptions;
  const [own] = useState(() => (given === undefined ? createOwn(options) : undefined));
  const client = given ?? own?.client;

  useLayout(() => own?.follow(options));

  const outer = useContext(SwitchbackContext);
  useEffect(() => {
    if (outer !== null && client !== undefined)
      warn(client, 'is inside another one, which hears nothing of this part of the page; keep one');
  }, [outer, client]);

  useEffect(() => {
    client?.start();
    if (client !== own?.client) return undefined;
    return () => client?.close();
  }, [client, own]);

  const { context } = options;
  const applied = useRef(context);
  useEffect(() => {
    if (applied.current === context || context === undefined) return;
    applied.current = context;
    client?.setContext(context);
  }, [client, context]);

  return <SwitchbackContext.Provider value={client ?? null}>{children}</SwitchbackContext.Provider>;
}

interface OwnClient {
  readonly client: SwitchbackClient;
  /** Takes over the callbacks of the latest render. */
  follow(options: SwitchbackOptions): void;
}

function createOwn(options: SwitchbackOptions): OwnClient {
  let latest = options;
  let hasWarned = false;
  const client = createSwitchback({
    ...options,
    onExposure: (event) => latest.onExposure?.(event),
    onFallback: (event) => latest.onFallback?.(event),
    onStaleBuild: (error) => latest.onStaleBuild?.(error),
    ...(options.onInternalFault && {
      onInternalFault: (operation, error) => latest.onInternalFault?.(operation, error),
    }),
  });
  return {
    client,
    follow(next) {
      latest = next;
      if (hasWarned || next.features === options.features) return;
      hasWarned = true;
      warn(
        client,
        'got other features than at first and ignores them; call defineFeatures once, outside the component',
      );
    },
  };
}

function warn(client: SwitchbackClient, what: string): void {
  if (process.env.NODE_ENV === 'production') return;
  client.internals.fault('provider', new SwitchbackError('invalid-option', `this <SwitchbackProvider> ${what}`));
}
