// Comes in: what hosts measure, and the observations themselves. Goes out: measures that are checked, heap, slow and silent users. Who calls: measuring.
import type { FeatureDefinition, FeatureSet } from '../features.js';
import type { MeasureKind } from '../observe/measure.js';
import { maxMeasured, maxMeasures, measureNamePattern, measureUnitPattern } from '../observe/measureName.js';
import type { Observation, ObservedVersion } from '../observe/observe.js';
import { createUnitWatch } from '../observe/unitWatch.js';
import type { Clock } from './clock.js';
import type { Emit } from './episode.js';
import type { Faults } from './faults.js';

/** How a measure is kept. */
export interface MeasureOptions {
  /** UCUM-like, such as `ms`, `By`, `1` or `{item}`; at most 16 characters. Default: `ms` of a histogram, else `1`. */
  readonly unit?: string | undefined;
  /** `histogram` (default): how values are spread; `counter`: what adds up; `gauge`: what is read now and then. */
  readonly kind?: MeasureKind | undefined;
}

/** What the entry chunk hands over, so that this one shares no code with it. */
export interface MeterHost {
  readonly clock: Clock;
  readonly features: FeatureSet;
  /** How long a version must stay to count as settled, in ms. */
  readonly settleMs: number;
  /** For observations that have their labels. */
  readonly observe: (observation: Observation, subject: string) => void;
  readonly faults: Faults;
  /** @throws SwitchbackError that says what is wrong with a value */
  readonly refuse: (name: string, expected: string, value: unknown) => never;
}

/** The part of measuring that is not needed for the first paint. It never throws: development is told of what is wrong. */
export interface Meter {
  measure(feature: string, emit: Emit, name: string, value: number, given?: string | MeasureOptions): void;
  /**
   * @param status of the answer; 0: there was none
   * @param signal by which the caller may have given up
   */
  fetched(emit: Emit, valueMs: number, status: number, signal: AbortSignal | null | undefined): void;
  saw(observation: Observation, subject: string): void;
  close(): void;
}

const kinds: readonly unknown[] = ['counter', 'gauge', 'histogram'];
const heapIntervalMs = 60_000;
const maxFeatures = 1_000;

const defaultSlowMs = 1_000;
const defaultSilentMs = 8_000;

export function createMeter({ clock, features, settleMs, faults, observe, refuse }: MeterHost): Meter {
  const units = createUnitWatch((feature) => {
    const { slowMs = defaultSlowMs, silentMs = defaultSilentMs }: FeatureDefinition = features[feature] ?? {};
    return { slowMs, silentMs: settleMs + silentMs };
  });
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
  const keepName = (feature: string, name: string, kind: MeasureKind, unit: string): void => {
    const names = namesOf.get(feature) ?? new Map<string, string>();
    if (namesOf.size < maxFeatures) namesOf.set(feature, names);
    const own = `${kind} in ${unit}`;
    const known = names.get(name);
    if (known !== undefined && known !== own) refuse(`measure "${name}"`, `a ${known} as before`, own);
    if (known === undefined && names.size >= maxMeasures)
      refuse('the measures of a feature', `at most ${maxMeasures}: ${[...names.keys()].join(', ')}`, name);
    names.set(name, own);
  };

  const sampleHeap = (observation: Observation, subject: string): void => {
    const { feature, atMs, sampling } = observation;
    if (Math.abs(atMs - (heapAtMs.get(feature) ?? -Infinity)) < heapIntervalMs) return;
    const bytes = readHeapBytes();
    if (bytes === undefined) return;
    if (heapAtMs.size >= maxFeatures) heapAtMs.clear();
    heapAtMs.set(feature, atMs);
    const reading = { kind: 'sum', name: 'heapMb', value: bytes / 2 ** 20, atMs } as const;
    observe({ ...labelsOf(observation), ...reading, ...(sampling !== undefined && { sampling }) }, subject);
  };

  const measure: Meter['measure'] = (feature, emit, name, value, given) => {
    const { kind = 'histogram', unit = kind === 'histogram' ? 'ms' : '1' }: MeasureOptions =
      typeof given === 'string' ? { unit: given } : (given ?? {});
    if (typeof name !== 'string' || !measureNamePattern.test(name))
      refuse('a measure', 'named by a letter, then up to 63 letters, digits, "_" or "."', name);
    const own = `measure "${name}"`;
    if (!kinds.includes(kind)) refuse(own, 'a counter, gauge or histogram', kind);
    if (typeof unit !== 'string' || !measureUnitPattern.test(unit))
      refuse(own, 'in a unit such as "ms", "By" or "{item}", at most 16 characters', unit);
    const least = kind === 'gauge' ? -maxMeasured : 0;
    if (!(typeof value === 'number' && value >= least && value <= maxMeasured))
      refuse(own, `a number from ${least} to ${maxMeasured}`, value);
    keepName(feature, name, kind, unit);
    emit({ kind: 'measure', name, measure: kind, unit, value });
  };

  return {
    measure: (...measured) => faults.guard('measure', () => measure(...measured)),
    fetched(emit, valueMs, status, signal) {
      // Whoever gave up learned nothing of the network; whose time was over did.
      if (status === 0 && signal?.aborted && signal.reason?.name !== 'TimeoutError') return;
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
