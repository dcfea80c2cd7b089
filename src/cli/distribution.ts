import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { evaluate } from '../evaluate/evaluate.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import { nodeDigestOf } from '../service/index.js';
import { createApi } from './api.js';
import { CliError, exitCodes } from './exit.js';
import { readFeature, readGlobalOptions, readNumber, type GlobalOptions } from './options.js';
import { createProgressLine } from './planProgress.js';
import type { Run } from './run.js';
import { wilsonInterval } from '../guard/wilson.js';

const shownEvery = 100_000;

interface Given {
  readonly feature?: string;
  readonly samples: string;
  readonly percentage?: string;
}

/** Adds `distribution <feature>`: which share of random users gets v2. */
export function addDistribution(program: Command, run: Run): void {
  program
    .command('distribution')
    .description('which share of random users gets v2, with a 95 % interval')
    .argument('[feature]')
    .option('--feature <feature>', 'the same as the argument')
    .option('--samples <count>', 'how many random users, up to 1000000', '1000')
    .option('--percentage <percent>', 'ask for this percentage, without a service; default: the rules of the service')
    .action((argument: string | undefined, given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, given.feature);
        const samples = readNumber('--samples', given.samples, 1, 1_000_000, true);
        const getsV2 =
          given.percentage === undefined
            ? await byRules(options, feature)
            : byPercentage(feature, readNumber('--percentage', given.percentage, 0, 100));
        const line = createProgressLine(process.stderr);
        let v2 = 0;
        for (let at = 0; at < samples; at += 1) {
          if (at > 0 && at % shownEvery === 0) line.draw(`${at} of ${samples} users`);
          if (getsV2(randomUUID())) v2 += 1;
        }
        line.clear();
        const [low, high] = wilsonInterval(v2, samples);
        const report = { feature, samples, v2, v1: samples - v2, share: v2 / samples, interval95: [low, high] };
        const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
        const text = [
          `v2: ${v2} of ${samples} (${percent(v2 / samples)}, 95 % interval ${percent(low)} to ${percent(high)})`,
          `v1: ${samples - v2} of ${samples} (${percent(1 - v2 / samples)})`,
        ];
        context.output.data(options.json ? JSON.stringify(report) : text.join('\n'));
        return exitCodes.ok;
      }),
    );
}

type GetsV2 = (targetingKey: string) => boolean;

const byPercentage = (feature: string, percentage: number): GetsV2 => {
  const limit = Math.round(percentage * 100);
  return (targetingKey) => nodeDigestOf(feature, targetingKey).bucket < limit;
};

async function byRules(options: GlobalOptions, feature: string): Promise<GetsV2> {
  const { body } = await createApi(options).call('GET', '/api/snapshot');
  const parsed = parseSnapshot(body);
  if (parsed.status !== 'valid') throw new CliError(`${options.url} published a snapshot that cannot be read`);
  const { snapshot } = parsed;
  if (!snapshot.features.has(feature)) throw new CliError(`there is no feature ${JSON.stringify(feature)}`);
  const evaluateOptions = { nowMs: Date.now(), digestOf: nodeDigestOf };
  return (targetingKey) => evaluate(snapshot, feature, { targetingKey }, evaluateOptions).version === 'v2';
}
