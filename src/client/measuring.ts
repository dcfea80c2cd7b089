import { refuseOption } from '../error.js';
import type { Observation } from '../observe/observe.js';
import type { Faults } from './faults.js';
import { fetchChunk } from './fetchChunk.js';
import type { GateHost } from './gateHost.js';
import type { Emit, Meter, MeasureOptions, MeterHost } from './meter.js';

/**
 * Measures for hosts. None of it throws but what the host's own work throws. `emit` says of which version; default: of the one
 * that is decided as it begins.
 */
export interface Measuring {
  measure(feature: string, name: string, value: number, given?: string | MeasureOptions, emit?: Emit): void;
  time<T>(feature: string, name: string, work: T | (() => T), emit?: Emit): T;
  fetch(feature: string, input: RequestInfo | URL, init?: RequestInit, emit?: Emit): Promise<Response>;
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
    const there = meter;
    if (there) return faults.guard('measure', () => run(there));
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
  const time = <T>(work: T | (() => T), ended: (ms: number, outcome?: Awaited<T>) => void): T => {
    const startedMs = performance.now();
    const end = <Outcome extends Awaited<T> | undefined>(outcome: Outcome): Outcome => {
      ended(performance.now() - startedMs, outcome);
      return outcome;
    };
    const failed = (error: unknown): never => {
      end(undefined);
      throw error;
    };
    let result: T;
    try {
      result = typeof work === 'function' ? (work as () => T)() : work;
    } catch (error) {
      return failed(error);
    }
    // Who awaits the result hears of its rejection, and nobody else does.
    if (result instanceof Promise) return result.then(end, failed) as T;
    end(undefined);
    return result;
  };

  return {
    measure: (feature, name, value, given, emit = decided(feature)) =>
      tell((there) => there.measure(feature, emit, name, value, given)),
    time: (feature, name, work, emit = decided(feature)) =>
      time(work, (ms) => tell((there) => there.measure(feature, emit, name, ms, undefined))),
    fetch: (feature, input, init, emit = decided(feature)) =>
      time(
        () => fetch(input, init),
        (ms, response) => {
          const status = response?.status ?? 0;
          tell((there) => there.fetched(emit, ms, status, init?.signal ?? (input as Partial<Request>).signal));
        },
      ),
    saw: (observation, subject) => tell((there) => there.saw(observation, subject)),
    close() {
      stop?.();
      stop = undefined;
      meter?.close();
    },
  };
}
