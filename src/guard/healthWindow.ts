import type { Version } from '../evaluate/snapshot.js';
import {
  emptyHistogram,
  isRecordable,
  merge,
  quantileOf,
  recordIn,
  type Histogram,
  type OpenHistogram,
} from '../observe/histogram.js';
import type { Observation } from '../observe/observe.js';
import type { Readings } from './health.js';
import type { HealthPolicy } from './healthLevel.js';

/** The latest observations of one feature, as numbers: it does not grow with how many there are. */
export interface HealthWindow {
  /** @returns whether it says anything of health */
  add(observation: Observation, nowMs: number): boolean;
  readings(version: Version, nowMs: number): Readings;
  /** Forgets what one version did. */
  clear(version: Version): void;
  isEmpty(nowMs: number): boolean;
}

interface Slice {
  readonly index: number;
  readonly v1: Numbers;
  readonly v2: Numbers;
}

interface Numbers {
  failed: number;
  settled: number;
  latency: OpenHistogram | undefined;
  heapMb: number;
  heapReadings: number;
}

/** How finely a window slides. */
export const windowSlices = 6;
/** Beyond any machine. */
const maxHeapMb = 1e9;

/** @param latencyName the timing or measure whose values are the latency */
export function createHealthWindow(policy: HealthPolicy, latencyName: string): HealthWindow {
  const sliceMs = policy.windowMs / windowSlices;
  let slices: Slice[] = [];
  // The latencies of all slices but the last, which is the only one that changes.
  let sealed: { [One in Version]?: Histogram } = {};

  const recent = (nowMs: number): readonly Slice[] => {
    const oldest = Math.floor(nowMs / sliceMs) - windowSlices;
    if (slices[0] && slices[0].index <= oldest) {
      slices = slices.filter(({ index }) => index > oldest);
      sealed = {};
    }
    return slices;
  };
  const latencyOf = (version: Version): Histogram => {
    sealed[version] ??= slices
      .slice(0, -1)
      .reduce<Histogram>((sum, slice) => merge(sum, slice[version].latency ?? emptyHistogram), emptyHistogram);
    return merge(sealed[version], slices.at(-1)?.[version].latency ?? emptyHistogram);
  };
  const numbersAt = (version: Version, nowMs: number): Numbers => {
    const last = recent(nowMs).at(-1);
    const index = Math.floor(nowMs / sliceMs);
    // A clock that goes back all the same adds to what there is.
    if (last && last.index >= index) return last[version];
    const slice = { index, v1: emptyNumbers(), v2: emptyNumbers() };
    slices.push(slice);
    sealed = {};
    return slice[version];
  };
  const addLatency = (version: Version, name: string, valueMs: number, nowMs: number): boolean => {
    if (name !== latencyName || !isNumber(valueMs)) return false;
    const numbers = numbersAt(version, nowMs);
    recordIn((numbers.latency ??= { ...emptyHistogram, b: [] }), valueMs);
    return true;
  };

  return {
    add(observation, nowMs) {
      const { kind, version } = observation;
      if (version !== 'v1' && version !== 'v2') return false;
      switch (kind) {
        case 'settled':
          numbersAt(version, nowMs).settled += timesOf(observation);
          return true;
        case 'failure':
          // Somebody else changed the page, or what the versions share is broken.
          if (observation.failure.v1AlsoFailed || observation.failure.class) return false;
          numbersAt(version, nowMs).failed += timesOf(observation);
          return true;
        case 'timing':
          return addLatency(version, observation.name, observation.valueMs, nowMs);
        case 'measure':
          return observation.unit === 'ms' && addLatency(version, observation.name, observation.value, nowMs);
        case 'sum': {
          const { name, value } = observation;
          if (name !== 'heapMb' || !isNumber(value)) return false;
          const numbers = numbersAt(version, nowMs);
          numbers.heapMb += Math.min(value, maxHeapMb);
          numbers.heapReadings++;
          return true;
        }
        default:
          return false;
      }
    },
    readings(version, nowMs) {
      let [failed, settled, heapMb, heapReadings] = [0, 0, 0, 0];
      for (const { [version]: numbers } of recent(nowMs)) {
        failed += numbers.failed;
        settled += numbers.settled;
        heapMb += numbers.heapMb;
        heapReadings += numbers.heapReadings;
      }
      const ended = failed + settled;
      const latency = latencyOf(version);
      return {
        maxErrorRate: { value: ended === 0 ? 0 : failed / ended, samples: ended },
        maxLatencyMs: { value: quantileOf(latency, policy.latencyQuantile) ?? 0, samples: latency.n },
        maxMemoryMB: { value: heapReadings === 0 ? 0 : heapMb / heapReadings, samples: heapReadings },
      };
    },
    clear(version) {
      slices = slices.map((slice) => ({ ...slice, [version]: emptyNumbers() }));
      sealed = {};
    },
    isEmpty: (nowMs) => recent(nowMs).length === 0,
  };
}

// What a host's own code observes may be anything.
const isNumber = (value: unknown): boolean => typeof value === 'number' && isRecordable(value);
const timesOf = ({ times = 1 }: Observation): number => (isNumber(times) ? Math.min(times, 1e9) : 0);
const emptyNumbers = (): Numbers => ({ failed: 0, settled: 0, latency: undefined, heapMb: 0, heapReadings: 0 });
