'use client';

import { useMemo, type ReactElement } from 'react';

/**
 * Keeps an element the same while it is held. Around a server's HTML that still waits for its code: React gives such HTML up
 * when what it hydrates is rendered again.
 */
export function useHeld(element: ReactElement, isHeld: boolean): ReactElement {
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- held, it must not follow the element
  return useMemo(() => element, [isHeld || element]);
}
