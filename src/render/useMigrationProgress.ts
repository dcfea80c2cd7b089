'use client';

import { useSyncExternalStore } from 'react';

/** What tells how far it is, such as what `migrateData` of `react-switchback/migrate` gives. */
export interface ProgressSource<Progress> {
  /** The same object until something changed. */
  getProgress(): Progress;
  /** Calls back when the progress changed. Returns what ends it. */
  subscribe(listener: () => void): () => void;
}

/** How far a data migration is, kept up to date while it runs. */
export function useMigrationProgress<Progress>(migration: ProgressSource<Progress>): Progress {
  return useSyncExternalStore(migration.subscribe, migration.getProgress, migration.getProgress);
}
