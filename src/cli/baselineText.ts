import { oneLine, table } from './output.js';
import { durationOf } from './planText.js';

interface Estimate {
  readonly value: number;
  readonly errorRatio: number;
}

interface Numbers {
  readonly errorRate: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly of: number;
  } | null;
  readonly timings: Readonly<
    Record<
      string,
      {
        readonly count: number;
        readonly p50Ms: Estimate | null;
        readonly p95Ms: Estimate | null;
        readonly p99Ms: Estimate | null;
      }
    >
  >;
}

type Difference =
  | {
      readonly status: 'compared';
      readonly baseline: number;
      readonly now: number;
      readonly difference: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly status: 'tooLittle'; readonly reason: string };

interface Compared {
  readonly differences: {
    readonly errorRate: Difference;
    readonly timings: Readonly<Record<string, Readonly<Record<'p50Ms' | 'p95Ms' | 'p99Ms', Difference>>>>;
  };
}

/** A baseline as the service shows it; `comparison` where one was asked for. */
export interface ShownBaseline {
  readonly id: number;
  readonly feature: string;
  readonly status: 'recording' | 'completed' | 'spoiled' | 'cancelled';
  readonly from: string;
  readonly until: string;
  /** 0–1. */
  readonly progress: number;
  readonly cause: string | null;
  readonly numbers: (Numbers & { readonly users: number; readonly v2Exposures: number }) | null;
  readonly comparison?: {
    readonly from: string;
    readonly to: string;
    readonly note: string;
    readonly versions: { readonly v1: Compared; readonly v2: Compared };
  } | null;
}

/** What became of a baseline, in one line. */
export function baselineSentence({ id, feature, status, from, until, cause, numbers }: ShownBaseline): string {
  const what = `baseline ${id} of ${feature}`;
  switch (status) {
    case 'recording':
      return `${what} records v1 from ${from} until ${until}`;
    case 'completed':
      return `${what} is completed: ${numbers?.errorRate?.of ?? 0} episodes of v1 from ${from} until ${until}`;
    case 'spoiled':
      return `${what} is spoiled: ${oneLine(cause ?? '')}`;
    case 'cancelled':
      return `${what} is cancelled`;
  }
}

/** How far a baseline is, in one line. */
export function baselineProgress({ feature, from, until }: ShownBaseline, nowMs: number): string {
  const [fromMs, untilMs] = [Date.parse(from), Date.parse(until)];
  const share = Math.min(1, Math.max(0, (nowMs - fromMs) / (untilMs - fromMs)));
  const bar = `[${'#'.repeat(Math.floor(share * 20))}${'.'.repeat(20 - Math.floor(share * 20))}]`;
  const passed = durationOf(Math.min(untilMs - fromMs, Math.max(0, nowMs - fromMs)) / 60_000);
  const rest = nowMs >= untilMs ? ', waiting for the last batches' : '';
  return `${feature} v1 ${bar} ${passed} of ${durationOf((untilMs - fromMs) / 60_000)}${rest}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
const signed = (show: (value: number) => string, value: number): string =>
  `${value < 0 ? '-' : '+'}${show(Math.abs(value))}`;

/** Everything about a baseline, for people. */
export function baselineDetails(baseline: ShownBaseline): string {
  const { numbers, comparison } = baseline;
  if (numbers === null) return baselineSentence(baseline);
  const { errorRate, timings, users, v2Exposures } = numbers;
  const rows = [
    [
      'error rate',
      errorRate === null
        ? '-'
        : `${percent(errorRate.value)} (${percent(errorRate.low)} to ${percent(errorRate.high)}) of ${errorRate.of}`,
    ],
    ...Object.entries(timings).map(([name, { count, p50Ms, p95Ms, p99Ms }]) => [
      oneLine(name),
      `${[p50Ms, p95Ms, p99Ms].map((one) => (one === null ? '-' : ms(one.value))).join(' / ')} (p50/p95/p99 of ${count}, each ±${(100 * (p50Ms?.errorRatio ?? 0)).toFixed(1)} %)`,
    ]),
    ['users by the percentage', String(users)],
    ...(v2Exposures > 0 ? [['v2 shown all the same', String(v2Exposures)]] : []),
  ];
  return [
    baselineSentence(baseline),
    table(rows),
    ...(comparison
      ? [
          `from ${comparison.from} to ${comparison.to}, against the baseline (95 % intervals):`,
          comparisonOf(comparison.versions),
          oneLine(comparison.note),
        ]
      : []),
  ].join('\n');
}

function comparisonOf(versions: Readonly<Record<'v1' | 'v2', Compared>>): string {
  const rows = (['v1', 'v2'] as const).flatMap((version) => {
    const { errorRate, timings } = versions[version].differences;
    return [
      [version, 'error rate', textOf(errorRate, percent)],
      ...Object.entries(timings).flatMap(([name, { p50Ms, p95Ms, p99Ms }]) => [
        [version, `${oneLine(name)} p50`, textOf(p50Ms, ms)],
        [version, `${oneLine(name)} p95`, textOf(p95Ms, ms)],
        [version, `${oneLine(name)} p99`, textOf(p99Ms, ms)],
      ]),
    ];
  });
  return table(rows);
}

const textOf = (difference: Difference, show: (value: number) => string): string =>
  difference.status === 'tooLittle'
    ? `too little data: ${oneLine(difference.reason)}`
    : `${show(difference.now)}, ${signed(show, difference.difference)} (${signed(show, difference.low)} to ${signed(show, difference.high)})`;
