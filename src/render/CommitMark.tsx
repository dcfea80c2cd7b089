'use client';

import { useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Gate } from '../client/gate.js';
import type { Version } from '../evaluate/snapshot.js';
import { useLayout } from './useLayout.js';
import { VersionContext } from './VersionContext.js';

export interface CommitMarkProps {
  readonly gate: Gate;
  readonly version: Version;
  /** False for a v1 that only fills the time until v2 is there. */
  readonly counts: boolean;
  readonly children: ReactNode;
}

/** Tells the gate when a version is committed. A parent's effects run after its children's, and also when one of those threw. */
export function CommitMark({ gate, version, counts, children }: CommitMarkProps): ReactNode {
  const [mark] = useState((): { readonly startMs: number; commitMs?: number } => ({ startMs: performance.now() }));
  useLayout(() => {
    // A v1 that starts to count later was committed long before.
    mark.commitMs ??= performance.now() - mark.startMs;
    if (counts) gate.committed(version, mark.commitMs);
    return () => gate.concealed(version);
  }, [gate, version, counts, mark]);
  useEffect(() => gate.mountEffectsRan(), [gate]);
  const outer = useContext(VersionContext);
  const scope = useMemo(() => ({ gate, version, outer }), [gate, version, outer]);
  return <VersionContext.Provider value={scope}>{children}</VersionContext.Provider>;
}
