'use client';

import { createContext, useContext } from 'react';
import type { SwitchbackClient } from '../client/switchbackClient.js';
import { SwitchbackError } from '../error.js';

/** The client of the nearest provider; null outside one. */
export const SwitchbackContext = createContext<SwitchbackClient | null>(null);

/**
 * The client of the nearest `SwitchbackProvider`.
 * @throws SwitchbackError `missing-provider` outside one
 */
export function useSwitchback(): SwitchbackClient {
  const client = useContext(SwitchbackContext);
  if (client === null)
    throw new SwitchbackError(
      'missing-provider',
      'there is no <SwitchbackProvider> above this component; wrap the app in one',
    );
  return client;
}
