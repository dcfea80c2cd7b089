import type { Counter, Histogram, Meter } from '@opentelemetry/api';
import type { Sink } from 'react-switchback/client';

/** Records what versions do with an OpenTelemetry meter of yours. */
export function meterSink(meter: Meter): Sink {
  const events = meter.createCounter('switchback.events', { unit: '{event}' });
  const histograms = new Map<string, Histogram>();
  const counters = new Map<string, Counter>();
  const record = (name: string, unit: string, value: number, attributes: Record<string, string>): void => {
    const histogram = histograms.get(name) ?? meter.createHistogram(`switchback.${name}`, { unit });
    histograms.set(name, histogram);
    histogram.record(value, attributes);
  };
  const add = (name: string, unit: string, value: number, attributes: Record<string, string>): void => {
    const counter = counters.get(name) ?? meter.createCounter(`switchback.${name}`, { unit });
    counters.set(name, counter);
    counter.add(value, attributes);
  };
  return {
    name: 'opentelemetry',
    observe(observation) {
      const { feature, version, kind, times = 1 } = observation;
      const attributes = { 'feature_flag.key': feature, 'feature_flag.result.variant': version };
      if (kind === 'timing') record(observation.name, 'ms', observation.valueMs, attributes);
      else if (kind === 'sum' && observation.name === 'heapMb') record('heapMb', 'MBy', observation.value, attributes);
      else if (kind === 'sum') add('fetchErrors', '{request}', observation.value, attributes);
      else if (kind === 'measure' && observation.measure === 'counter')
        add(observation.name, observation.unit, observation.value, attributes);
      else if (kind === 'measure') record(observation.name, observation.unit, observation.value, attributes);
      else if (kind === 'failure') {
        const { phase, name } = observation.failure;
        events.add(times, { ...attributes, 'switchback.event': kind, 'switchback.phase': phase, 'error.type': name });
      } else events.add(times, { ...attributes, 'switchback.event': kind });
    },
  };
}
