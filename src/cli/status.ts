import type { Command } from 'commander';
import { createApi, Unreachable } from './api.js';
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
      { readonly enabled: boolean; readonly percentage: number; readonly killed: boolean; readonly version: string }
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
        if (options.json) output.data(JSON.stringify({ url: options.url, health: health.body, ...body }));
        else {
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
