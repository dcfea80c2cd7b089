import { usageError } from './exit.js';

const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
  ['w', 604_800],
]);

/** A duration such as `90d`, `12h` or `30m`, in whole seconds. @throws CliError usage */
export function readDurationSeconds(name: string, text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text.trim()) ?? [];
  const seconds = Number(count) * (unitSeconds.get(unit) ?? 0);
  if (!(seconds >= 1 && seconds <= 315_360_000))
    throw usageError(
      `${name} must be a duration such as 90d, 12h or 30m, at most 10 years, found ${JSON.stringify(text.slice(0, 64))}`,
    );
  return seconds;
}
