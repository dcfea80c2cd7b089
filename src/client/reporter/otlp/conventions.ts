import type { Observation, ObservedVersion } from '../../../observe/observe.js';
import { attribute, type KeyValue } from './encoding.js';

/**
 * Says which version of which feature, in OpenTelemetry's words.
 * @source semantic conventions 1.44, "Semantic conventions for feature flags"; reasons are lower case there, and ours that it
 *   does not know (`rolled_back`, `override`, `circuit_open`, …) are custom values, which it allows
 */
export function flagAttributes({ feature, version, reason }: ObservedVersion): readonly KeyValue[] {
  return [
    attribute('feature_flag.key', feature),
    attribute('feature_flag.result.variant', version),
    attribute('feature_flag.result.reason', reason.toLowerCase()),
    attribute('feature_flag.provider.name', 'switchback'),
  ];
}

/** Names the streams of numbers: few values each, so that they stay few. */
export const metricAttributes = (observed: Observation): readonly KeyValue[] => [
  ...flagAttributes(observed),
  ...samplingAttributes(observed),
  // Whether these users had the version by `SPLIT`: only those compare.
  attribute('switchback.assigned', observed.arm === observed.version),
  ...(observed.stage === null ? [] : [attribute('switchback.stage', observed.stage)]),
];

/** The share of users whose numbers these are, where it is not all of them. */
export const samplingAttributes = ({ sampling = 1 }: Observation): readonly KeyValue[] =>
  sampling < 1 ? [attribute('switchback.sampling', sampling)] : [];

/** One number that goes into one stream. */
export interface Measurement {
  readonly kind: 'count' | 'sum' | 'gauge' | 'histogram';
  readonly name: string;
  /** UCUM. */
  readonly unit: string;
  readonly value: number;
  readonly attributes?: readonly KeyValue[];
}

const durationNames = { chunkLoadMs: 'chunk_load', commitMs: 'commit', fetchMs: 'fetch' } as const;

/** What an observation adds to which streams. */
export function measurementsOf(observation: Observation): readonly Measurement[] {
  const { times = 1 } = observation;
  const count = (name: string, unit: string, attributes: readonly KeyValue[] = []): Measurement => ({
    kind: 'count',
    name: `switchback.${name}`,
    unit,
    value: times,
    attributes,
  });
  switch (observation.kind) {
    case 'attempt':
      return [count('attempts', '{attempt}')];
    case 'exposure':
      return [count('exposures', '{exposure}')];
    case 'failure':
      return [count('failures', '{failure}', [attribute('switchback.failure.phase', observation.failure.phase)])];
    case 'settled':
    case 'aborted':
    case 'overridden':
    case 'slow':
    case 'silent':
      return [count(observation.kind, '{episode}')];
    case 'suppressedByBreaker':
      return [count('suppressed_by_breaker', '{episode}')];
    case 'timing': {
      const name = `switchback.${durationNames[observation.name]}.duration`;
      return [{ kind: 'histogram', name, unit: 'ms', value: observation.valueMs }];
    }
    case 'sum':
      return observation.name === 'heapMb'
        ? [{ kind: 'gauge', name: 'switchback.heap', unit: 'MBy', value: observation.value }]
        : [
            count('fetches', '{request}'),
            { kind: 'sum', name: 'switchback.fetch.errors', unit: '{request}', value: observation.value },
          ];
    case 'measure': {
      const { measure, unit, value } = observation;
      // Apart from ours, whatever the host calls its own.
      const name = `switchback.measure.${observation.name}`;
      return [{ kind: measure === 'counter' ? 'sum' : measure, name, unit, value }];
    }
    default:
      // A sink that is older than what it is handed must not fail.
      return [];
  }
}
