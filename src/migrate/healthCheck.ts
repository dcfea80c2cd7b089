import type { Clock } from '../client/clock.js';
import { refuseOption } from '../error.js';
import { inRange, isObject } from '../evaluate/kind.js';
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
  /** -100 to 1, as of `getPerformanceGain`; default -0.2: up to a fifth slower. Surely below it is `degraded`. */
  readonly minGain?: number | undefined;
}

/** How long a check may take. */
export interface HealthCheckOptions {
  /** How long the host's own check may take, in ms: 1–600,000; default 5,000. One that does not end by then has failed. */
  readonly timeoutMs?: number | undefined;
}

/** A check of the host's own; fails by throwing or by false. The signal is aborted when its time is up. */
export type HostCheck = (signal: AbortSignal) => unknown;

/** How the host's own check ended. */
export type CheckOutcome = { readonly hasFailed: false } | { readonly hasFailed: true; readonly why: unknown };

export interface HealthInput {
  /** Calls of v2 that took too long. */
  readonly timedOut: number;
  readonly successRate: Estimate;
  readonly gain: Estimate;
  readonly breaker: BreakerState['state'];
  readonly check: CheckOutcome;
}

const limitRanges = { minSuccessRate: inRange(0, 1), minGain: inRange(-100, 1) };
const duration = inRange(1, 600_000);

/** @throws SwitchbackError `invalid-option` */
export function checkLimits(limits: unknown): void {
  if (limits === undefined) return;
  if (!isObject(limits)) return refuseOption('limits', 'an object', limits);
  for (const [name, { accepts, expected }] of Object.entries(limitRanges))
    if (limits[name] !== undefined && !accepts(limits[name])) refuseOption(`limits.${name}`, expected, limits[name]);
}

/**
 * Waits for the host's own check, for so long.
 * @throws SwitchbackError `invalid-option` for options that make no sense, and for nothing else
 */
export async function runCheck(
  check: HostCheck | undefined,
  options: HealthCheckOptions,
  clock: Clock,
): Promise<CheckOutcome> {
  if (!isObject(options)) refuseOption('options', 'an object', options);
  const { timeoutMs = 5_000 } = options;
  if (!duration.accepts(timeoutMs)) refuseOption('timeoutMs', duration.expected, timeoutMs);
  if (!check) return { hasFailed: false };
  const controller = new AbortController();
  let cancel = (): void => {};
  const timeUp = new Promise<CheckOutcome>((resolve) => {
    cancel = clock.after(timeoutMs, () => {
      const why = `no answer within ${timeoutMs} ms`;
      resolve({ hasFailed: true, why });
      controller.abort(new Error(why));
    });
  });
  const ended = (async () => check(controller.signal))().then(
    (answer): CheckOutcome => (answer === false ? { hasFailed: true, why: 'it gave false' } : { hasFailed: false }),
    (why: unknown): CheckOutcome => ({ hasFailed: true, why }),
  );
  try {
    return await Promise.race([ended, timeUp]);
  } finally {
    cancel();
  }
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

/** Says how a migration does. Too few calls to be sure of anything are healthy. */
export function judgeHealth(
  { successRate, gain, breaker, check, timedOut }: HealthInput,
  { minSuccessRate = 0.95, minGain = -0.2 }: HealthLimits = {},
): MigrationHealth {
  const critical: string[] = [];
  const degraded: string[] = [];
  const { value, low, high, sampleSize } = successRate;
  if (value !== null && high !== null && low !== null && value < minSuccessRate) {
    const found = `v2 succeeds in ${percent(value)} of ${sampleSize} calls (95 % interval ${percent(low)} to ${percent(high)}), wanted are ${percent(minSuccessRate)}`;
    (high < minSuccessRate ? critical : degraded).push(found);
  }
  if (check.hasFailed) critical.push(`the check of v2 failed: ${describe(check.why)}`);
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
