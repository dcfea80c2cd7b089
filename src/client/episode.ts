import type { FailureReport, Observation, TimingName } from '../observe/observe.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Clock } from './clock.js';

/** An observation without its labels: the episode's creator adds feature, version, arm and revision. */
export type Observed =
  | { readonly kind: Exclude<Observation['kind'], 'failure' | 'timing'> }
  | { readonly kind: 'failure'; readonly failure: FailureReport }
  | { readonly kind: 'timing'; readonly name: TimingName; readonly valueMs: number };

/**
 * One mounted gate showing one version once. `trying` until it is committed, `exposed` until it stayed for `settleMs`; the
 * other three are final.
 */
export type EpisodePhase = 'trying' | 'exposed' | 'settled' | 'failed' | 'aborted';

export interface EpisodeOptions {
  readonly version: Version;
  readonly clock: Clock;
  readonly settleMs: number;
  readonly emit: (observed: Observed) => void;
  readonly onExposed: () => void;
  readonly onSettled: () => void;
}

/** Counts what happens to one version in one gate, each thing at most once. */
export interface Episode {
  readonly version: Version;
  readonly phase: () => EpisodePhase;
  /** The version is on the screen, `commitMs` after its first render began. */
  readonly expose: (commitMs: number) => void;
  /** Ends as failed. A settled episode can still fail: its failure counts, its settling does not go back. */
  readonly fail: () => void;
  /** The version left the screen, or the gate went away, before it was decided. */
  readonly leave: () => void;
}

export function beginEpisode({ version, clock, settleMs, emit, onExposed, onSettled }: EpisodeOptions): Episode {
  let phase: EpisodePhase = 'trying';
  let cancelSettle = () => {};
  emit({ kind: 'attempt' });
  return {
    version,
    phase: () => phase,
    expose(commitMs) {
      if (phase !== 'trying') return;
      phase = 'exposed';
      emit({ kind: 'exposure' });
      emit({ kind: 'timing', name: 'commitMs', valueMs: commitMs });
      onExposed();
      cancelSettle = clock.after(settleMs, () => {
        phase = 'settled';
        emit({ kind: 'settled' });
        onSettled();
      });
    },
    fail() {
      cancelSettle();
      phase = 'failed';
    },
    leave() {
      cancelSettle();
      if (phase !== 'trying' && phase !== 'exposed') return;
      phase = 'aborted';
      emit({ kind: 'aborted' });
    },
  };
}
