import type { Command } from 'commander';
import { createApi, Unreachable, type Api } from './api.js';
import { CliError, exitCodes } from './exit.js';
import { readVerdict } from './featureVerdict.js';
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
          const verdicts = await readVerdicts(api, Object.keys(body.features));
          const rows = Object.entries(body.features).map(([feature, { enabled, percentage, killed, version }]) => {
            const state = killed ? (enabled ? 'rolled back' : 'off') : 'on';
            const cells = [feature, output.version(version), state, `${percentage} %`];
            return verdicts.size === 0 ? cells : [...cells, verdicts.get(feature) ?? '-'];
          });
          if (body.emergency) output.data('EMERGENCY: every feature is v1');
          const health = verdicts.size === 0 ? [] : ['health'];
          output.data(table([['feature', 'version', 'state', 'percentage', ...health], ...rows]));
        }
        if (status === 'ok') return exitCodes.ok;
        output.message(`switchback: ${trouble}`);
        return exitCodes.unhealthy;
      }),
    );
}

/** Of more features the answer would be long in coming, when somebody is in a hurry. */
const maxVerdicts = 20;

async function readVerdicts(api: Api, features: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const [first, ...others] = features;
  if (first === undefined || features.length > maxVerdicts) return new Map();
  const verdict = await readVerdict(api, first);
  // Who may not see one may not see any.
  if (verdict === null) return new Map();
  const read = await Promise.all(others.map(async (feature) => [feature, await readVerdict(api, feature)] as const));
  return new Map([[first, verdict] as const, ...read].map(([feature, found]) => [feature, found?.status ?? '-']));
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
