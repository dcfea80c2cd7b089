'use client';

import { createContext } from 'react';
import type { Gate } from '../client/gate.js';
import type { Version } from '../evaluate/snapshot.js';

/** The version a component is part of, and the ones around that. */
export interface VersionScope {
  readonly gate: Gate;
  readonly version: Version;
  readonly outer: VersionScope | null;
}

export const VersionContext = createContext<VersionScope | null>(null);
