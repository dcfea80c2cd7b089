'use client';

import { useId, type ReactNode } from 'react';
import { useMigrationProgress, type ProgressSource } from './useMigrationProgress.js';

/** What the bar shows of a data migration. */
export interface ShownProgress {
  readonly phase: 'new' | 'copying' | 'verifying' | 'verified' | 'failed' | 'removed';
  readonly isRunning: boolean;
  /** Records of v1; null where they are not known. */
  readonly total: number | null;
  /** Records that were read from v1. */
  readonly read: number;
  /** Records that were found in v2 as they should be. */
  readonly verified: number;
  /** 0–1; null where the total is not known. */
  readonly fraction: number | null;
}

/** The words of the bar. */
export interface MigrationLabels {
  /** Names the bar; default `Moving data`. */
  readonly name?: string;
  /** A sentence for a phase, which screen readers say when it changes. */
  readonly phase?: (progress: ShownProgress) => string;
  /** The count below it, which they do not say by themselves; whoever asks for the bar's value gets it. */
  readonly count?: (progress: ShownProgress) => string;
}

/** Whose progress is shown, and in which words. */
export interface MigrationProgressProps {
  readonly migration: ProgressSource<ShownProgress>;
  readonly labels?: MigrationLabels | undefined;
}

/**
 * Shows how far a data migration is: a bar, the phase and a count. Without a known total the bar has no value while it works.
 * Style it by `[data-switchback="migration"]` and its `data-phase`.
 */
export function MigrationProgress({ migration, labels }: MigrationProgressProps): ReactNode {
  const progress = useMigrationProgress(migration);
  const id = useId();
  const { phase, fraction, isRunning } = progress;
  const isOver = phase === 'new' || phase === 'removed';
  const value = isOver && !isRunning ? 0 : fraction;
  const count = (labels?.count ?? countOf)(progress);
  return (
    <div data-switchback="migration" data-phase={phase} aria-busy={isRunning}>
      <label htmlFor={id}>{labels?.name ?? 'Moving data'}</label>{' '}
      <progress id={id} max={1} {...(value !== null && { value })} aria-valuetext={count} />
      <p role="status">{(labels?.phase ?? phaseOf)(progress)}</p>
      <p>{count}</p>
    </div>
  );
}

const phases = {
  new: 'Not started.',
  copying: 'Copying.',
  verifying: 'Verifying the copy.',
  verified: 'Copied and verified.',
  failed: 'The copy is not right; the data is where it was.',
  removed: 'The copy was removed; the data is where it was.',
} as const;

const phaseOf = ({ phase, isRunning }: ShownProgress): string =>
  !isRunning && (phase === 'copying' || phase === 'verifying') ? 'Stopped; it can go on.' : phases[phase];

function countOf({ phase, read, verified, total }: ShownProgress): string {
  const isChecked = phase === 'verifying' || phase === 'verified' || phase === 'failed';
  const done = isChecked ? verified : read;
  const of = total === null ? '' : ` of ${total}`;
  return `${done}${of} records ${isChecked ? 'verified' : 'copied'}`;
}
