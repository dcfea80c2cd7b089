'use client';

import { useEffect, useState, type ReactNode } from 'react';
import type { Gate } from '../client/gate.js';
import type { Version } from '../evaluate/snapshot.js';
import { useLayout } from './useLayout.js';

export interface CommitMarkProps {
  readonly gate: Gate;
  readonly version: Version;
  /** False for a v1 that only fills the time until v2's code is there. */
  readonly counts: boolean;
  readonly children: ReactNode;
}

/** Tells the gate when a version is committed. A parent's effects run after its children's, and also when one of those threw. */
export function CommitMark({ gate, version, counts, children }: CommitMarkProps): ReactNode {
  const [startMs] = useState(() => performance.now());
  useLayout(() => {
    if (counts) gate.committed(version, performance.now() - startMs);
  }, [gate, version, counts, startMs]);
  useEffect(() => gate.mountEffectsRan(), [gate]);
  return children;
}
