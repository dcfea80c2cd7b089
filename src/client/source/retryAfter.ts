const maxRetryAfterMs = 3_600_000;

/**
 * Reads a Retry-After header: seconds or a date.
 * @returns ms from now, at most an hour; 0 where it is absent or makes no sense
 */
export function readRetryAfterMs(header: string | null | undefined, nowMs: number): number {
  if (!header) return 0;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return ms > 0 ? Math.min(ms, maxRetryAfterMs) : 0;
}
