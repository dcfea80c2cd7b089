import type { Command } from 'commander';
import { createApi } from './api.js';
import { readDurationSeconds } from './duration.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions } from './options.js';
import { table } from './output.js';
import type { Run } from './run.js';

interface Given {
  readonly feature?: string;
  readonly from?: string;
  readonly to?: string;
  readonly step?: string;
}

interface Percentile {
  readonly value: number;
}

interface StepNumbers {
  readonly counts: { readonly exposures: number };
  readonly errorRate: { readonly value: number; readonly low: number; readonly high: number } | null;
  readonly timings: Readonly<Record<string, { readonly p95Ms: Percentile | null }>>;
}

interface Totals {
  readonly counts: { readonly exposures: number };
  readonly errorRate: number | null;
  readonly errorRateInterval: readonly [number, number] | null;
  readonly users: { readonly exposed: number };
  readonly timings: Readonly<Record<string, { readonly p95Ms: number | null }>>;
}

interface Both<Numbers> {
  readonly v1: Numbers;
  readonly v2: Numbers;
}

interface Metrics {
  readonly from: string;
  readonly to: string;
  readonly sampling: number;
  readonly versions: Both<Totals>;
  readonly outside: Both<Totals>;
  readonly steps: readonly { readonly start: string; readonly versions: Both<StepNumbers | null> }[] | null;
}

/** Adds `metrics <feature>`: v1 beside v2, step by step where a step is given. */
export function addMetrics(program: Command, run: Run): void {
  program
    .command('metrics')
    .description('v1 beside v2: how often shown, how much of it failed, how long it took')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--from <time>', 'ISO 8601, or a duration before --to such as 24h', '1h')
    .option('--to <time>', 'ISO 8601; default: now')
    .option('--step <duration>', 'step by step too, 10s to 1d, such as 5m')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const toMs = given.to === undefined ? Date.now() : readTimeMs('--to', given.to);
        const fromMs = readFromMs(given.from ?? '1h', toMs);
        const query = new URLSearchParams({ from: String(fromMs), to: String(toMs) });
        if (given.step !== undefined) query.set('step', given.step);
        const { body } = await createApi(options).call<Metrics>('GET', `/api/features/${feature}/metrics?${query}`);
        context.output.data(options.json ? JSON.stringify(body) : textOf(body));
        return exitCodes.ok;
      }),
    );
}

function readTimeMs(name: string, text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw usageError(`${name} must be an ISO 8601 time, found ${JSON.stringify(text.slice(0, 64))}`);
  return ms;
}

const readFromMs = (text: string, toMs: number): number =>
  /^\d+[smhdw]$/.test(text) ? toMs - readDurationSeconds('--from', text) * 1_000 : readTimeMs('--from', text);

function textOf({ from, to, sampling, versions, outside, steps }: Metrics): string {
  const parts = [`${from} to ${to}`];
  if (steps !== null) parts.push(steps.length === 0 ? 'nothing was counted' : stepTable(steps));
  parts.push(
    table([
      ['', 'shown', 'users', 'failed', '95 % interval', 'p95 commit'],
      ['v1', ...totalCells(versions.v1)],
      ['v2', ...totalCells(versions.v2)],
      ['v1, outside', ...totalCells(outside.v1)],
      ['v2, outside', ...totalCells(outside.v2)],
    ]),
    'outside: shown for another reason than the percentage, so no part of a comparison',
  );
  if (sampling < 1) parts.push(`durations are of ${percent(sampling)} of the users, as the feature is sampled now`);
  return parts.join('\n\n');
}

const stepTable = (steps: NonNullable<Metrics['steps']>): string =>
  table([
    ['time', 'v1 shown', 'v1 failed', 'v1 p95', 'v2 shown', 'v2 failed', 'v2 p95'],
    ...steps.map(({ start, versions }) => [start, ...stepCells(versions.v1), ...stepCells(versions.v2)]),
  ]);

function stepCells(numbers: StepNumbers | null): readonly string[] {
  if (numbers === null) return ['-', '-', '-'];
  const { counts, errorRate, timings } = numbers;
  const failed = errorRate === null ? '-' : `${percent(errorRate.value)} (${interval(errorRate.low, errorRate.high)})`;
  return [String(counts.exposures), failed, ms(timings['commitMs']?.p95Ms?.value)];
}

function totalCells({ counts, errorRate, errorRateInterval, users, timings }: Totals): readonly string[] {
  return [
    String(counts.exposures),
    String(users.exposed),
    errorRate === null ? '-' : percent(errorRate),
    errorRateInterval === null ? '-' : interval(...errorRateInterval),
    ms(timings['commitMs']?.p95Ms),
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const interval = (low: number, high: number): string => `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %`;
const ms = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
