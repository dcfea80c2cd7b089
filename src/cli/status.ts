import type { Command } from 'commander';
import { createApi, Unreachable, type Api } from './api.js';
import { CliError, exitCodes } from './exit.js';
import { readGlobalOptions } from './options.js';
import { table } from './output.js';
import type { Run } from './run.js';

interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly alarms: readonly string[];
}

interface FeatureHealth {
  readonly epoch: number;
  readonly revision: number;
  readonly emergency: boolean;
  readonly features: Readonly<
    Record<
      string,
      {
        readonly enabled: boolean;
        readonly percentage: number;
        readonly rolloutPercentage: number;
        readonly killed: boolean;
        readonly version: string;
        readonly rollbackHistory: readonly unknown[];
      }
    >
  >;
}

/** Adds `features status`: needs no token, exits with 3 when the service is not well. */
export function addStatus(features: Command, run: Run): void {
  features
    .command('status')
    .description('all features, and whether the service is well')
    .action((_: unknown, command: Command) =>
      run(async (context) => {
        const { output } = context;
        const options = readGlobalOptions(command, context);
        const api = createApi(options);
        const health = await api.call<Health>('GET', '/api/health').catch((error: unknown) => {
          throw error instanceof Unreachable ? new CliError(error.message, exitCodes.unhealthy) : error;
        });
        const { status, alarms } = health.body;
        const trouble = `the service is ${status}${alarms.length === 0 ? '' : `: ${alarms.join('; ')}`}`;
        if (status === 'down') throw new CliError(trouble, exitCodes.unhealthy);
        const { body } = await api.call<FeatureHealth>('GET', '/health/features');
        if (options.json) {
          const features = await withReasons(api, body.features);
          output.data(JSON.stringify({ url: options.url, health: health.body, ...body, features }));
        } else {
          const rows = Object.entries(body.features).map(([feature, { enabled, percentage, killed, version }]) => {
            const state = killed ? (enabled ? 'rolled back' : 'off') : 'on';
            return [feature, output.version(version), state, `${percentage} %`];
          });
          if (body.emergency) output.data('EMERGENCY: every feature is v1');
          output.data(table([['feature', 'version', 'state', 'percentage'], ...rows]));
        }
        if (status === 'ok') return exitCodes.ok;
        output.message(`switchback: ${trouble}`);
        return exitCodes.unhealthy;
      }),
    );
}

/** Who may see more than everybody gets the histories with reasons. */
async function withReasons(api: Api, features: FeatureHealth['features']): Promise<FeatureHealth['features']> {
  try {
    const { body } = await api.call<{
      features: readonly { readonly feature: string; readonly rollbackHistory: readonly unknown[] }[];
    }>('GET', '/api/features');
    const histories = new Map(body.features.map(({ feature, rollbackHistory }) => [feature, rollbackHistory]));
    return Object.fromEntries(
      Object.entries(features).map(([feature, shown]) => [
        feature,
        { ...shown, rollbackHistory: histories.get(feature) ?? shown.rollbackHistory },
      ]),
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return features;
  }
}
