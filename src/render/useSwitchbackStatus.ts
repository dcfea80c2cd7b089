'use client';

import { useSyncExternalStore } from 'react';
import type { SwitchbackStatus } from '../client/state.js';
import { useSwitchback } from './context.js';

/** How this page hears of changes, the revision it shows and when the source was last heard. */
export function useSwitchbackStatus(): SwitchbackStatus {
  const client = useSwitchback();
  return useSyncExternalStore(client.subscribeStatus, client.getStatus, () => client.internals.statusForServer);
}
