import type { Command } from 'commander';
import type { ServiceOptions } from '../service/index.js';
import { readNumber } from './options.js';

/** A setting of `serve` that is a number: an option, else a variable of the environment. */
interface NumberSetting {
  readonly option: string;
  readonly variable: string;
  readonly help: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole: boolean;
}

const upTo = (
  option: string,
  variable: string,
  help: string,
  maximum: number,
  minimum = 1,
  isWhole = true,
): NumberSetting => ({
  option,
  variable,
  help,
  minimum,
  maximum,
  isWhole,
});

const million = 1_000_000;
const dayMs = 86_400_000;
const limits = {
  maxStreams: upTo('--max-streams', 'SWITCHBACK_MAX_STREAMS', 'default 10000', million),
  maxStreamsPerAddress: upTo(
    '--max-streams-per-address',
    'SWITCHBACK_MAX_STREAMS_PER_ADDRESS',
    'default 1000',
    million,
  ),
  maxEvaluationsPerAddress: upTo(
    '--max-evaluations-per-address',
    'SWITCHBACK_MAX_EVALUATIONS_PER_ADDRESS',
    'by OFREP, in 10 s, default 10000',
    million,
  ),
  maxMetricsPerAddress: upTo(
    '--max-metrics-per-address',
    'SWITCHBACK_MAX_METRICS_PER_ADDRESS',
    'batches of metrics in 10 s, default 2000',
    million,
  ),
  maxConfirmationsPerAddress: upTo(
    '--max-confirmations-per-address',
    'SWITCHBACK_MAX_CONFIRMATIONS_PER_ADDRESS',
    'in 10 s, default 5000',
    million,
  ),
  databaseConnections: upTo(
    '--database-connections',
    'SWITCHBACK_DATABASE_CONNECTIONS',
    'of the pool, beside the one that listens, default 10',
    1_000,
  ),
} as const satisfies Partial<Record<keyof ServiceOptions, NumberSetting>>;

const delivery = {
  pollMs: upTo(
    '--poll-ms',
    'SWITCHBACK_POLL_MS',
    'between two polls of a page without a stream, default 15000',
    7 * dayMs,
    1_000,
  ),
  spreadMs: upTo('--spread-ms', 'SWITCHBACK_SPREAD_MS', 'told to pages with the snapshot, default 0', 7 * dayMs, 0),
  ackRate: upTo(
    '--ack-rate',
    'SWITCHBACK_ACK_RATE',
    '0 to 1: the share of pages that confirm a rollback, default 1',
    1,
    0,
    false,
  ),
  maxStaleMs: upTo(
    '--max-stale-ms',
    'SWITCHBACK_MAX_STALE_MS',
    'a page keeps v2 without contact, default 86400000',
    30 * dayMs,
    0,
  ),
} as const satisfies Partial<Record<keyof NonNullable<ServiceOptions['delivery']>, NumberSetting>>;

const tenYears = 87_600;
const retention = {
  tenSecondsHours: upTo(
    '--keep-10s-hours',
    'SWITCHBACK_KEEP_10S_HOURS',
    'of metrics in buckets of 10 s, default 2',
    tenYears,
  ),
  minutesHours: upTo(
    '--keep-minutes-hours',
    'SWITCHBACK_KEEP_MINUTES_HOURS',
    'of metrics in buckets of a minute, default 72',
    tenYears,
  ),
  hoursHours: upTo(
    '--keep-hours-hours',
    'SWITCHBACK_KEEP_HOURS_HOURS',
    'of metrics in buckets of an hour, default 720',
    tenYears,
  ),
  daysHours: upTo(
    '--keep-days-hours',
    'SWITCHBACK_KEEP_DAYS_HOURS',
    'of metrics at all, in buckets of a day, default 9600',
    tenYears,
  ),
  usersHours: upTo(
    '--keep-users-hours',
    'SWITCHBACK_KEEP_USERS_HOURS',
    'of users by stage, as pseudonyms, default 720',
    tenYears,
  ),
} as const satisfies Partial<Record<keyof NonNullable<ServiceOptions['retention']>, NumberSetting>>;

/** Adds an option for each number. */
export function addServeNumbers(command: Command): Command {
  for (const { option, variable, help } of Object.values({ ...limits, ...delivery, ...retention }))
    command.option(`${option} <number>`, `$${variable}: ${help}`);
  return command;
}

/** Reads them; what is not given is left to the service. */
export function readServeNumbers(given: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv) {
  const read = <Name extends string>(
    settings: Readonly<Record<Name, NumberSetting>>,
  ): Partial<Record<Name, number>> => {
    const found: Partial<Record<Name, number>> = {};
    for (const [name, setting] of Object.entries<NumberSetting>(settings)) {
      const { option, variable, minimum, maximum, isWhole } = setting;
      const key = option.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const text = given[key] ?? env[variable];
      if (typeof text === 'string' && text !== '')
        found[name as Name] = readNumber(option, text, minimum, maximum, isWhole);
    }
    return found;
  };
  return { ...read(limits), delivery: read(delivery), retention: read(retention) };
}
