'use client';

import { useState } from 'react';
import { useLayout } from './useLayout.js';

/**
 * A signal for what this component starts: listeners, requests, timers. Unlike a cleanup it also ends what an effect began
 * that threw half-way.
 * @returns aborted when the component leaves the screen, such as when v1 takes v2's place; a new one when StrictMode or an
 *   Activity brings it back, so name it among the effect's dependencies
 * @source docs/fallback.md
 */
export function useVersionSignal(): AbortSignal {
  const [controller, replace] = useState(() => new AbortController());
  useLayout(() => {
    if (controller.signal.aborted) {
      replace(new AbortController());
      return undefined;
    }
    return () => controller.abort();
  }, [controller]);
  return controller.signal;
}
