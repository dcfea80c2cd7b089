import { refuseOption } from '../error.js';
import type { Observation } from '../observe/observe.js';
import type { Faults } from './faults.js';
import { fetchChunk } from './fetchChunk.js';
import type { Emit, Meter, MeasureOptions, MeterHost } from './meter.js';

/** Measures for hosts. None of it throws but what the host's own work throws. */
export interface Measuring {
  measure(feature: string, emit: Emit, name: string, value: number, given?: string | MeasureOptions): void;
  time<T>(feature: string, emit: Emit, name: string, work: T | (() => T)): T;
  fetch(emit: Emit, ...request: Parameters<typeof fetch>): Promise<Response>;
  /** Looks at an observation on its way to the sinks. */
  saw(observation: Observation, subject: string): void;
  close(): void;
}

export interface MeasuringOptions extends Omit<MeterHost, 'refuse'> {
  readonly faults: Faults;
  /** Fetches the code that measures; default: by `import`. */
  readonly load?: (() => Promise<{ createMeter(host: MeterHost): Meter }>) | undefined;
}

const maxWaiting = 500;

export function createMeasuring({ load = () => import('./meter.js'), ...host }: MeasuringOptions): Measuring {
  const { clock, faults } = host;
  let waiting: ((meter: Meter) => void)[] = [];
  let meter: Meter | undefined;
  let stop: (() => void) | undefined;

  const refuse: MeterHost['refuse'] = (...what) => faults.guard('measure', () => refuseOption(...what));
  const tell = (run: (meter: Meter) => void): void => {
    const there = meter;
    if (there) return faults.guard('measure', () => run(there));
    if (waiting.length < maxWaiting) waiting.push(run);
    stop ??= fetchChunk(
      load,
      clock,
      ({ createMeter }) => {
        meter ??= createMeter({ ...host, refuse });
        const told = waiting;
        waiting = [];
        told.forEach(tell);
      },
      (error) => faults.report('measure', error),
    );
  };
  const time = <T>(work: () => T, ended: (ms: number, outcome?: Awaited<T>) => void): T => {
    const startedMs = performance.now();
    const end = (outcome?: Awaited<T>): void => ended(performance.now() - startedMs, outcome);
    const failed = (error: unknown): never => {
      end();
      throw error;
    };
    let result: T;
    try {
      result = work();
    } catch (error) {
      return failed(error);
    }
    // Who awaits the result hears of its rejection, and nobody else does.
    if (typeof Object(result).then === 'function')
      return Promise.resolve(result).then((outcome) => (end(outcome), outcome), failed) as T;
    end();
    return result;
  };

  return {
    measure: (feature, emit, name, value, given) => tell((there) => there.measure(feature, emit, name, value, given)),
    time: (feature, emit, name, work) =>
      time(typeof work === 'function' ? (work as () => never) : () => work as never, (ms) =>
        tell((there) => there.measure(feature, emit, name, ms, undefined)),
      ),
    fetch(emit, input, init) {
      const signal = init?.signal ?? (input as Partial<Request>).signal;
      return time(
        () => fetch(input, init),
        (ms, response) => {
          const isGivenUp = signal?.aborted && signal.reason?.name !== 'TimeoutError';
          const status = response ? response.status : isGivenUp ? -1 : 0;
          tell((there) => there.fetched(emit, ms, status));
        },
      );
    },
    saw: (observation, subject) => tell((there) => there.saw(observation, subject)),
    close() {
      stop?.();
      stop = undefined;
      meter?.close();
    },
  };
}
