// Comes in: what hosts measure, and the observations themselves. Goes out: measures that are checked, heap, slow and silent users. Who calls: measuring.
import type { MeasureKind } from '../observe/measure.js';
import { maxMeasured, maxMeasures, measureNamePattern, measureUnitPattern } from '../observe/measureName.js';
import type { Observation, ObservedVersion } from '../observe/observe.js';
import { createUnitWatch, type UnitThresholds } from '../observe/unitWatch.js';
import type { Clock } from './clock.js';
import type { Observed } from './episode.js';

/** How a measure is kept. */
export interface MeasureOptions {
  /** UCUM-like, such as `ms`, `By`, `1` or `{item}`; at most 16 characters. Default: `ms` of a histogram, else `1`. */
  readonly unit?: string | undefined;
  /** `histogram` (default): how values are spread; `counter`: what adds up; `gauge`: what is read now and then. */
  readonly kind?: MeasureKind | undefined;
}

/** Says what version a measure is of. */
export type Emit = (observed: Observed) => void;

/** What the entry chunk hands over, so that this one shares no code with it. */
export interface MeterHost {
  readonly clock: Clock;
  readonly thresholdsOf: (feature: string) => UnitThresholds;
  /** For observations that have their labels. */
  readonly observe: (observation: Observation, subject: string) => void;
  /** Tells development what is wrong with a value. */
  readonly refuse: (name: string, expected: string, value: unknown) => void;
}

/** The part of measuring that is not needed for the first paint. */
export interface Meter {
  measure(feature: string, emit: Emit, name: string, value: number, given: string | MeasureOptions | undefined): void;
  /** @param status of the answer; 0: there was none; -1: its caller gave up */
  fetched(emit: Emit, valueMs: number, status: number): void;
  saw(observation: Observation, subject: string): void;
  close(): void;
}

const kinds: readonly unknown[] = ['counter', 'gauge', 'histogram'];
const heapIntervalMs = 60_000;
const maxFeatures = 1_000;

export function createMeter({ clock, thresholdsOf, observe, refuse }: MeterHost): Meter {
  const units = createUnitWatch(thresholdsOf);
  const namesOf = new Map<string, Map<string, string>>();
  const heapAtMs = new Map<string, number>();
  const page = typeof document === 'undefined' ? undefined : document;
  let isListening = false;

  const onVisibility = (): void => units.pageChanged(clock.now());
  const listen = (): void => {
    if (isListening) return;
    isListening = true;
    page?.addEventListener('visibilitychange', onVisibility);
  };

  /** A name is of one kind and unit, so that its values add up. */
  const isSameMeasure = (feature: string, name: string, kind: MeasureKind, unit: string): boolean => {
    const names = namesOf.get(feature) ?? new Map<string, string>();
    if (namesOf.size < maxFeatures) namesOf.set(feature, names);
    const known = names.get(name);
    const own = `${kind} in ${unit}`;
    if (known !== undefined && known !== own) refuse(`measure "${name}"`, `a ${known} as before`, own);
    else if (known === undefined && names.size >= maxMeasures)
      refuse('the measures of a feature', `at most ${maxMeasures}: ${[...names.keys()].join(', ')}`, name);
    else {
      names.set(name, own);
      return true;
    }
    return false;
  };

  const sampleHeap = (observation: Observation, subject: string): void => {
    const { feature, atMs, sampling } = observation;
    const bytes = readHeapBytes();
    if (bytes === undefined || Math.abs(atMs - (heapAtMs.get(feature) ?? -Infinity)) < heapIntervalMs) return;
    if (heapAtMs.size >= maxFeatures) heapAtMs.clear();
    heapAtMs.set(feature, atMs);
    const reading = { kind: 'sum', name: 'heapMb', value: bytes / 2 ** 20, atMs } as const;
    observe({ ...labelsOf(observation), ...reading, ...(sampling !== undefined && { sampling }) }, subject);
  };

  return {
    measure(feature, emit, name, value, given) {
      const { kind = 'histogram', unit = kind === 'histogram' ? 'ms' : '1' }: MeasureOptions =
        typeof given === 'string' ? { unit: given } : (given ?? {});
      const least = kind === 'gauge' ? -maxMeasured : 0;
      if (typeof name !== 'string' || !measureNamePattern.test(name))
        refuse('a measure', 'named by a letter, then up to 63 letters, digits, "_" or "."', name);
      else if (!kinds.includes(kind)) refuse(`measure "${name}"`, 'a counter, gauge or histogram', kind);
      else if (typeof unit !== 'string' || !measureUnitPattern.test(unit))
        refuse(`measure "${name}"`, 'in a unit such as "ms", "By" or "{item}", at most 16 characters', unit);
      else if (!(typeof value === 'number' && value >= least && value <= maxMeasured))
        refuse(`measure "${name}"`, `a number from ${least} to ${maxMeasured}`, value);
      else if (isSameMeasure(feature, name, kind, unit)) emit({ kind: 'measure', name, measure: kind, unit, value });
    },
    fetched(emit, valueMs, status) {
      // Whoever gave up learned nothing of the network.
      if (status < 0) return;
      if (status > 0) emit({ kind: 'timing', name: 'fetchMs', valueMs });
      emit({ kind: 'sum', name: 'fetchErrors', value: status === 0 || status >= 500 ? 1 : 0 });
    },
    saw(observation, subject) {
      listen();
      const unit = units.see(observation, subject, page?.visibilityState === 'hidden');
      if (unit) observe({ ...labelsOf(observation), ...unit }, subject);
      if (observation.kind === 'settled') sampleHeap(observation, subject);
    },
    close() {
      isListening = false;
      page?.removeEventListener('visibilitychange', onVisibility);
    },
  };
}

const labelsOf = ({ feature, version, arm, reason, epoch, revision, stage }: ObservedVersion): ObservedVersion => ({
  feature,
  version,
  arm,
  reason,
  epoch,
  revision,
  stage,
});

/** What the page's heap holds, where the browser tells: Chromium, in steps. Never a reason for a verdict. */
function readHeapBytes(): number | undefined {
  const { memory } = performance as Performance & { readonly memory?: { readonly usedJSHeapSize?: unknown } };
  const bytes = memory?.usedJSHeapSize;
  return typeof bytes === 'number' && bytes > 0 ? bytes : undefined;
}
