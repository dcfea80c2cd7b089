import type { BreakerState } from '../guard/breaker.js';
import type { Estimate } from './estimate.js';

/** How a migration does. */
export interface MigrationHealth {
  readonly status: 'healthy' | 'degraded' | 'critical';
  /** One sentence for each thing that is not as it should be; empty where all is well. */
  readonly details: readonly string[];
}

/** What v2's calls are held to. */
export interface HealthLimits {
  /** 0–1 of v2's calls; default 0.95. Surely below it is `critical`, perhaps below it `degraded`. */
  readonly minSuccessRate?: number | undefined;
  /** 0–1, as of `getPerformanceGain`; default -0.2: up to a fifth slower. Surely below it is `degraded`. */
  readonly minGain?: number | undefined;
}

export interface HealthInput {
  /** Calls of v2 that took too long. */
  readonly timedOut: number;
  readonly successRate: Estimate;
  readonly gain: Estimate;
  readonly breaker: BreakerState['state'];
  /** What the host's own check threw. */
  readonly checkError?: unknown;
  readonly hasFailedCheck: boolean;
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

/** Says how a migration does. Too few calls to be sure of anything are healthy. */
export function judgeHealth(
  { successRate, gain, breaker, hasFailedCheck, checkError, timedOut }: HealthInput,
  { minSuccessRate = 0.95, minGain = -0.2 }: HealthLimits = {},
): MigrationHealth {
  const critical: string[] = [];
  const degraded: string[] = [];
  const { value, low, high, sampleSize } = successRate;
  if (value !== null && high !== null && low !== null && value < minSuccessRate) {
    const found = `v2 succeeds in ${percent(value)} of ${sampleSize} calls (95 % interval ${percent(low)} to ${percent(high)}), wanted are ${percent(minSuccessRate)}`;
    (high < minSuccessRate ? critical : degraded).push(found);
  }
  if (hasFailedCheck) critical.push(`the check of v2 failed: ${describe(checkError)}`);
  if (breaker === 'open') critical.push('the breaker is open: v1 answers');
  else if (breaker === 'halfOpen') degraded.push('the breaker is half-open: v2 has to prove itself');
  if (gain.value !== null && gain.high !== null && gain.high < minGain)
    degraded.push(`v2 takes ${percent(-gain.value)} longer than v1 (of ${gain.sampleSize} timed calls)`);
  if (timedOut > 0 && value !== null && value < minSuccessRate) degraded.push(`${timedOut} calls of v2 took too long`);
  return {
    status: critical.length > 0 ? 'critical' : degraded.length > 0 ? 'degraded' : 'healthy',
    details: [...critical, ...degraded],
  };
}

function describe(error: unknown): string {
  try {
    return error instanceof Error ? error.message.slice(0, 200) : String(error).slice(0, 200);
  } catch {
    return 'unprintable';
  }
}
