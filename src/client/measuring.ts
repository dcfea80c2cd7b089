import { refuseOption } from '../error.js';
import type { Observation } from '../observe/observe.js';
import type { Emit } from './episode.js';
import type { Faults } from './faults.js';
import { fetchChunk } from './fetchChunk.js';
import type { GateHost } from './gateHost.js';
import type { Meter, MeasureOptions, MeterHost } from './meter.js';

/** @param outcome undefined for work that failed */
export type Ended<T> = (ms: number, emit: Emit, outcome?: Awaited<T>) => (meter: Meter) => void;

/**
 * Measures for hosts. None of it throws but what the host's own work throws. `emit` says of which version; default: of the one
 * that is decided as it begins.
 */
export interface Measuring {
  measure(feature: string, name: string, value: number, given?: string | MeasureOptions, emit?: Emit): void;
  /** @param ended makes of what came of the work what is measured; default: its duration, under that name */
  time<T>(feature: string, name: string, work: T | (() => T), emit?: Emit, ended?: Ended<T>): T;
  /** Looks at an observation on its way to the sinks. */
  saw(observation: Observation, subject: string): void;
  close(): void;
}

export interface MeasuringOptions extends Omit<MeterHost, 'refuse'> {
  readonly faults: Faults;
  readonly hostOf: (feature: string) => GateHost;
  /** Fetches the code that measures; default: by `import`. */
  readonly load?: (() => Promise<{ createMeter(host: MeterHost): Meter }>) | undefined;
}

const maxWaiting = 500;

export function createMeasuring(options: MeasuringOptions): Measuring {
  const { clock, faults, hostOf, load = () => import('./meter.js') } = options;
  const waiting: ((meter: Meter) => void)[] = [];
  let meter: Meter | undefined;
  let stop: (() => void) | undefined;

  const tell = (run: (meter: Meter) => void): void => {
    if (meter) return run(meter);
    if (waiting.length < maxWaiting) waiting.push(run);
    stop ??= fetchChunk(
      load,
      clock,
      ({ createMeter }) => {
        meter ??= createMeter({ ...options, refuse: refuseOption });
        waiting.splice(0).forEach(tell);
      },
      (error) => faults.report('measure', error),
    );
  };
  const decided = (feature: string): Emit => {
    const host = hostOf(feature);
    return host.observer(host.decision().version, host.decision());
  };

  return {
    measure: (feature, name, value, given, emit = decided(feature)) =>
      tell((there) => there.measure(feature, emit, name, value, given)),
    time<T>(
      feature: string,
      name: string,
      work: T | (() => T),
      emit = decided(feature),
      ended: Ended<T> = (ms) => (there) => there.measure(feature, emit, name, ms),
    ): T {
      const startedMs = performance.now();
      const end = <Outcome extends Awaited<T> | undefined>(outcome: Outcome): Outcome => {
        tell(ended(performance.now() - startedMs, emit, outcome));
        return outcome;
      };
      const result = typeof work === 'function' ? (work as () => T)() : work;
      if (!(result instanceof Promise)) return end(result as Awaited<T>);
      // Who awaits the result hears of its rejection, and nobody else does.
      return result.then(end, (error) => {
        end(undefined);
        throw error;
      }) as T;
    },
    saw: (observation, subject) => tell((there) => there.saw(observation, subject)),
    close() {
      stop?.();
      stop = undefined;
      const end = (there: Meter): void => there.close();
      if (meter) end(meter);
      else waiting.push(end);
    },
  };
}
