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

const upTo = (option: string, help: string, maximum: number, minimum = 1, isWhole = true): NumberSetting => ({
  option,
  variable: `SWITCHBACK_${option.slice(2).replaceAll('-', '_').toUpperCase()}`,
  help,
  minimum,
  maximum,
  isWhole,
});

const million = 1_000_000;
const dayMs = 86_400_000;
const limits = {
  maxStreams: upTo('--max-streams', 'default 10000', million),
  maxStreamsPerAddress: upTo('--max-streams-per-address', 'default 1000', million),
  maxEvaluationsPerAddress: upTo('--max-evaluations-per-address', 'by OFREP, in 10 s, default 10000', million),
  maxMetricsPerAddress: upTo('--max-metrics-per-address', 'batches of metrics in 10 s, default 2000', million),
  maxConfirmationsPerAddress: upTo('--max-confirmations-per-address', 'in 10 s, default 5000', million),
  databaseConnections: upTo('--database-connections', 'of the pool, beside the one that listens, default 10', 1_000),
} as const satisfies Partial<Record<keyof ServiceOptions, NumberSetting>>;

const delivery = {
  pollMs: upTo('--poll-ms', 'between two polls of a page without a stream, default 15000', 7 * dayMs, 1_000),
  spreadMs: upTo('--spread-ms', 'told to pages with the snapshot, default 0', 7 * dayMs, 0),
  ackRate: upTo('--ack-rate', '0 to 1: the share of pages that confirm a rollback, default 1', 1, 0, false),
  maxStaleMs: upTo('--max-stale-ms', 'a page keeps v2 without contact, default 86400000', 30 * dayMs, 0),
} as const satisfies Partial<Record<keyof NonNullable<ServiceOptions['delivery']>, NumberSetting>>;

/** Adds an option for each number. */
export function addServeNumbers(command: Command): Command {
  for (const { option, variable, help } of Object.values({ ...limits, ...delivery }))
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
  return { ...read(limits), delivery: read(delivery) };
}
