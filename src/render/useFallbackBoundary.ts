'use client';

import { useCallback, useContext, useSyncExternalStore } from 'react';
import { SwitchbackError } from '../error.js';
import { VersionContext } from './VersionContext.js';

/** The nearest gate or boundary, as the components inside it see it. */
export interface FallbackBoundaryControl {
  /** What made v1 take v2's place; null while nothing did. What was thrown may be null too. */
  readonly error: unknown;
  /** Shows v1 in place of v2, as if v2 had thrown this. Does nothing while v1 is shown. */
  readonly showFallback: (error: unknown) => void;
  /** Forgets the failure and tries v2 again, as far as the breaker allows. Ignored while v2 fails, such as in `onFallback`: that would loop. */
  readonly reset: () => void;
}

/**
 * The nearest `FallbackBoundary`, `FeatureGate`, `VersionSwitcher` or `versioned` component, from inside either version.
 * @throws SwitchbackError `missing-boundary` outside of all
 */
export function useFallbackBoundary(): FallbackBoundaryControl {
  const scope = useContext(VersionContext);
  if (scope === null)
    throw new SwitchbackError('missing-boundary', 'there is no gate and no <FallbackBoundary> above this component');
  const { gate } = scope;
  const view = useSyncExternalStore(gate.subscribe, gate.getView, gate.getServerView);
  return {
    error: view.shows === 'v1' && view.because === 'failed' ? view.error : null,
    showFallback: useCallback((error) => gate.fallBack('reported', error), [gate]),
    reset: useCallback(() => gate.reset(), [gate]),
  };
}
