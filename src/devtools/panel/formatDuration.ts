const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A duration in one unit, such as `12 s`; below one second `0 s`. */
export function formatDuration(ms: number): string {
  const [unitMs, name] = units.find(([size]) => ms > size * 0.95) ?? [1_000, 's'];
  return `${Math.max(0, Math.round(ms / unitMs))} ${name}`;
}
