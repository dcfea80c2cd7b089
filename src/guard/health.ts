// Comes in: what a window of observations says of one feature. Goes out: its health, and why. Who calls: client.
// Types only: this is in a chunk that shares no code with what is loaded first.
import type { Health, HealthLevel, HealthPolicy, HealthThreshold, OverThreshold, Reading } from './healthLevel.js';

const ranks = { healthy: 0, degraded: 1, critical: 2 } as const;

/** Orders levels: negative where `a` is the better one. */
export const compareLevels = (a: HealthLevel, b: HealthLevel): number => ranks[a] - ranks[b];

/** What a window says of one version. */
export interface Readings {
  readonly maxErrorRate: Reading;
  readonly maxLatencyMs: Reading;
  readonly maxMemoryMB: Reading;
}

/** `goodSinceMs`: since when the level would be lower; null while it would not. */
export type HealthState =
  | { readonly level: 'healthy'; readonly hasData: boolean }
  | {
      readonly level: 'degraded' | 'critical';
      readonly reason: OverThreshold;
      readonly goodSinceMs: number | null;
    };

export const untriedHealth: HealthState = { level: 'healthy', hasData: false };

// Of equals the first is told.
const thresholds: readonly HealthThreshold[] = ['maxErrorRate', 'maxLatencyMs', 'maxMemoryMB'];
/** As many as open the breaker: one error among few is no rate. */
const minCriticalFailures = 3;

/** What readings say by themselves, whatever was before. */
export type Judgement =
  | { readonly level: 'healthy'; readonly hasData: boolean }
  | { readonly level: 'degraded' | 'critical'; readonly reason: Omit<OverThreshold, 'v1'> };

/**
 * Holds readings against thresholds. The worst counts.
 * @param scale 1 to enter a level, `leaveRatio` to leave it
 */
export function judge(readings: Readings, policy: HealthPolicy, scale = 1): Judgement {
  let worst: Judgement = untriedHealth;
  for (const threshold of thresholds) {
    const judgement = judgeOne(threshold, readings[threshold], policy, scale);
    const isWorse = compareLevels(judgement.level, worst.level) > 0;
    const hasMore = worst.level === 'healthy' && !worst.hasData && judgement.level === 'healthy';
    if (isWorse || hasMore) worst = judgement;
  }
  return worst;
}

function judgeOne(threshold: HealthThreshold, reading: Reading, policy: HealthPolicy, scale: number): Judgement {
  const max = policy[threshold];
  const { value, samples } = reading;
  if (max === null || samples < minSamplesOf(threshold, policy) || !Number.isFinite(value)) return untriedHealth;
  const over = (level: 'degraded' | 'critical', limit: number): Judgement => ({
    level,
    reason: { because: 'over-threshold', threshold, limit, value, samples },
  });
  const criticalLimit = criticalLimitOf(threshold, max, reading, policy);
  if (value > criticalLimit * scale) return over('critical', criticalLimit);
  return value > max * scale ? over('degraded', max) : { level: 'healthy', hasData: true };
}

// The heap is read seldom, and one reading of it is the truth.
const minSamplesOf = (threshold: HealthThreshold, { minSamples }: HealthPolicy): number =>
  threshold === 'maxMemoryMB' ? 1 : minSamples;

function criticalLimitOf(threshold: HealthThreshold, max: number, reading: Reading, policy: HealthPolicy): number {
  if (threshold === 'maxLatencyMs') return max * policy.criticalRatio;
  if (threshold === 'maxMemoryMB' || Math.round(reading.value * reading.samples) < minCriticalFailures) return Infinity;
  // Twice 60 % can not be reached: half of what is left can.
  return Math.min(max * policy.criticalRatio, (1 + max) / 2);
}

/**
 * Moves a feature's health by one look at its window. Pure: the same input gives the same output, and no change gives the
 * same object. Up at once; down one level at a time, each after `recoverMs` at or below `leaveRatio`. What is not seen any more
 * heals: too little data is as good as good data here, and never makes anything worse.
 * @param nowMs by a clock that never goes back
 * @param v1 reads what the same window says of v1
 */
export function step(
  state: HealthState,
  readings: Readings,
  nowMs: number,
  policy: HealthPolicy,
  v1?: () => Readings,
): HealthState {
  const judged = judge(readings, policy);
  if (judged.level !== 'healthy' && compareLevels(judged.level, state.level) > 0) return enter(judged, policy, v1);
  if (state.level === 'healthy') return judged.level !== 'healthy' || judged.hasData === state.hasData ? state : judged;
  const isGood = compareLevels(judge(readings, policy, policy.leaveRatio).level, state.level) < 0;
  const { goodSinceMs, reason } = state;
  if (!isGood) return goodSinceMs === null ? state : { ...state, goodSinceMs: null };
  const sinceMs = goodSinceMs ?? nowMs;
  if (nowMs - sinceMs < policy.recoverMs) return goodSinceMs === null ? { ...state, goodSinceMs: nowMs } : state;
  if (state.level === 'critical') return { level: 'degraded', reason, goodSinceMs: nowMs };
  return judged.level === 'healthy' ? judged : untriedHealth;
}

function enter(
  { level, reason }: Extract<Judgement, { level: 'degraded' | 'critical' }>,
  policy: HealthPolicy,
  readV1: (() => Readings) | undefined,
): HealthState {
  const { threshold } = reason;
  // The heap is the page's, not a version's.
  const v1 = threshold === 'maxMemoryMB' ? undefined : readV1?.()[threshold];
  const isEnough = v1 !== undefined && v1.samples >= policy.minSamples;
  return { level, reason: { ...reason, v1: isEnough ? v1 : null }, goodSinceMs: null };
}

const insufficientData: Health = { level: 'healthy', reason: { because: 'insufficient-data' } };
const withinThresholds: Health = { level: 'healthy', reason: { because: 'within-thresholds' } };

/** What hosts are told of a state; the same object for the same level and reason. */
export function healthOf(state: HealthState, before?: Health): Health {
  if (state.level === 'healthy') return state.hasData ? withinThresholds : insufficientData;
  const { level, reason } = state;
  return before?.level === level && before.reason === reason ? before : { level, reason };
}
