import type { Arm, Observation } from './observe.js';

/** From when on a user counts as one for whom a version was slow, or silent. */
export interface UnitThresholds {
  /** ms from asking for the version's code, or else its first render, to its commit. */
  readonly slowMs: number;
  /** ms from an exposure to its settling. */
  readonly silentMs: number;
}

/** A bit of a user, and when it came to be: silence counts at its exposure. */
export interface FoundUnit {
  readonly kind: 'slow' | 'silent';
  readonly atMs: number;
}

/** Finds the users for whom a version was slow or silent, from what is observed of it, each once per feature and stage. */
export interface UnitWatch {
  /** @param isHidden whether the page is hidden: what happens there takes as long as the browser likes */
  see(observation: Observation, subject: string, isHidden: boolean): FoundUnit | undefined;
  /** The page is hidden, or seen again, from now on. */
  pageChanged(atMs: number): void;
}

/** Longer than that, and the machine slept or its clock was set: nobody waited. */
const maxCredibleMs = 300_000;
/** A version that begins to render so soon after its code arrived had waited for it. */
const rendersWithinMs = 100;
const maxFeatures = 1_000;

/** What is known of one user of a feature in one stage. */
interface Watched {
  readonly subject: string;
  readonly stage: string | null;
  readonly arm: Arm;
  isSlow: boolean;
  /** Settled, failed or silent: nothing more comes of it. */
  isDecided: boolean;
  loadedAtMs: number;
  loadMs: number;
  /** When the exposure that has to settle was, and how many there are. */
  exposedAtMs: number;
  open: number;
}

/** @param thresholdsOf asked once per user, feature and stage */
export function createUnitWatch(thresholdsOf: (feature: string) => UnitThresholds): UnitWatch {
  const features = new Map<string, Watched & UnitThresholds>();
  let pageChangedAtMs = -Infinity;

  const watchedOf = ({ feature, stage, arm }: Observation, subject: string): Watched & UnitThresholds => {
    const known = features.get(feature);
    if (known && known.subject === subject && known.stage === stage && known.arm === arm) return known;
    if (features.size >= maxFeatures) features.clear();
    const started = { isSlow: false, isDecided: false, loadedAtMs: -Infinity, loadMs: 0, exposedAtMs: 0, open: 0 };
    const watched = { subject, stage, arm, ...started, ...thresholdsOf(feature) };
    features.set(feature, watched);
    return watched;
  };
  const isCredible = (ms: number): boolean => ms >= 0 && ms <= maxCredibleMs;

  return {
    see(observation, subject, isHidden) {
      const { kind, arm, atMs } = observation;
      if (arm === 'none') return undefined;
      const watched = watchedOf(observation, subject);
      switch (kind) {
        case 'timing': {
          const { name, valueMs } = observation;
          if (watched.isSlow || !isCredible(valueMs)) return undefined;
          if (name === 'chunkLoadMs') {
            watched.loadedAtMs = atMs;
            watched.loadMs = valueMs;
          }
          if (name !== 'commitMs') return undefined;
          const sinceLoadMs = atMs - valueMs - watched.loadedAtMs;
          const waitedMs = valueMs + (Math.abs(sinceLoadMs) <= rendersWithinMs ? watched.loadMs : 0);
          if (waitedMs <= watched.slowMs || isHidden || atMs - waitedMs < pageChangedAtMs) return undefined;
          watched.isSlow = true;
          return { kind: 'slow', atMs };
        }
        case 'exposure':
          if (watched.isDecided || isHidden) return undefined;
          if (watched.open++ === 0) watched.exposedAtMs = atMs;
          return undefined;
        case 'aborted':
          if (watched.open > 0) watched.open--;
          return undefined;
        case 'failure':
          watched.isDecided = true;
          return undefined;
        case 'settled': {
          if (watched.isDecided || watched.open === 0) return undefined;
          watched.isDecided = true;
          const tookMs = atMs - watched.exposedAtMs;
          return isCredible(tookMs) && tookMs > watched.silentMs
            ? { kind: 'silent', atMs: watched.exposedAtMs }
            : undefined;
        }
        default:
          return undefined;
      }
    },
    pageChanged(atMs) {
      pageChangedAtMs = atMs;
      // What was exposed before settles when the browser gets round to it.
      for (const watched of features.values()) watched.open = 0;
    },
  };
}
