import type { Decision } from '../decide/decide.js';
import type { Observation, ObservedVersion } from '../observe/observe.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Settling, SettlingBatch } from './settling.js';

type Unlabelled<One> = One extends unknown ? Omit<One, keyof ObservedVersion | 'atMs'> : never;
/** An observation without its labels: the episode's creator adds feature, version, arm and revision. */
export type Observed = Unlabelled<Observation>;
/** Tells of something that was observed of a version, with its labels. @param atMs when; default: now */
export type Emit = (observed: Observed, atMs?: number) => void;

/**
 * One mounted gate showing one version once. `trying` until it is committed, `exposed` until it stayed for `settleMs`; the
 * other three are final.
 */
export type EpisodePhase = 'trying' | 'exposed' | 'settled' | 'failed' | 'aborted';

/** What the episodes of one feature share. */
export interface EpisodeHost {
  readonly settling: Settling;
  exposed(episode: Episode): void;
  settled(episode: Episode): void;
}

export interface EpisodeOptions {
  readonly version: Version;
  /** What led to it. */
  readonly decision: Decision;
  /** v1 in place of a v2 that failed. */
  readonly isFallback: boolean;
  readonly host: EpisodeHost;
  readonly emit: Emit;
  readonly gate: { episodeSettled(): void };
}

/** Counts what happens to one version in one gate, each thing at most once. */
export class Episode {
  readonly version: Version;
  readonly decision: Decision;
  readonly isFallback: boolean;
  phase: EpisodePhase = 'trying';
  private readonly host: EpisodeHost;
  private readonly emit: Emit;
  private readonly gate: EpisodeOptions['gate'];
  private batch: SettlingBatch | undefined;

  constructor({ version, decision, isFallback, host, emit, gate }: EpisodeOptions) {
    this.version = version;
    this.decision = decision;
    this.isFallback = isFallback;
    this.host = host;
    this.emit = emit;
    this.gate = gate;
    emit({ kind: 'attempt' });
  }

  /** The version is on the screen, `commitMs` after its first render began; undefined: it was there before. */
  expose(commitMs?: number): void {
    if (this.phase !== 'trying') return;
    this.phase = 'exposed';
    this.emit({ kind: 'exposure' });
    if (commitMs !== undefined) this.emit({ kind: 'timing', name: 'commitMs', valueMs: commitMs });
    this.host.exposed(this);
    this.batch = this.host.settling.join(this);
  }

  /** It has stayed for `settleMs`. */
  settle(): void {
    this.prove();
    this.host.settled(this);
    this.gate.episodeSettled();
  }

  /** It stayed so long for another user: no news for the breaker. */
  prove(): void {
    this.stopWaiting();
    this.phase = 'settled';
    this.emit({ kind: 'settled' });
  }

  /** Ends as failed. A settled episode can still fail: its failure counts, its settling does not go back. */
  fail(): void {
    this.stopWaiting();
    this.phase = 'failed';
  }

  /** The version left the screen, or the gate went away, before it was decided. */
  leave(): void {
    this.stopWaiting();
    if (this.phase !== 'trying' && this.phase !== 'exposed') return;
    this.phase = 'aborted';
    this.emit({ kind: 'aborted' });
  }

  private stopWaiting(): void {
    this.batch?.leave(this);
    this.batch = undefined;
  }
}
