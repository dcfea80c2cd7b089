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
export class Episode {
  readonly version: Version;
  phase: EpisodePhase = 'trying';
  readonly #options: EpisodeOptions;
  #cancelSettle = () => {};

  constructor(options: EpisodeOptions) {
    this.version = options.version;
    this.#options = options;
    options.emit({ kind: 'attempt' });
  }

  /** The version is on the screen, `commitMs` after its first render began. */
  expose(commitMs: number): void {
    if (this.phase !== 'trying') return;
    this.phase = 'exposed';
    const { clock, settleMs, emit, onExposed, onSettled } = this.#options;
    emit({ kind: 'exposure' });
    emit({ kind: 'timing', name: 'commitMs', valueMs: commitMs });
    onExposed();
    this.#cancelSettle = clock.after(settleMs, () => {
      if (this.phase !== 'exposed') return;
      this.phase = 'settled';
      emit({ kind: 'settled' });
      onSettled();
    });
  }

  /** Ends as failed. A settled episode can still fail: its failure counts, its settling does not go back. */
  fail(): void {
    this.#cancelSettle();
    this.phase = 'failed';
  }

  /** The version left the screen, or the gate went away, before it was decided. */
  leave(): void {
    this.#cancelSettle();
    if (this.phase !== 'trying' && this.phase !== 'exposed') return;
    this.phase = 'aborted';
    this.#options.emit({ kind: 'aborted' });
  }
}
