import { expect, test, vi } from 'vitest';
import { routedSink, type RoutedSinkOptions } from '../../../src/client/reporter/routedSink.js';
import type { Sink } from '../../../src/client/reporter/sink.js';
import type { EventRule } from '../../../src/observe/eventClass.js';
import type { Observation } from '../../../src/observe/observe.js';

const recording = (name: string) => {
  const seen: unknown[] = [];
  const sink: Sink = {
    name,
    observe: ({ kind, feature }, _subject, eventClass) => void seen.push(`${kind} ${feature} ${eventClass}`),
    connection: ({ to }) => void seen.push(`connection ${to}`),
    flush: () => void seen.push('flush'),
    close: () => void seen.push('close'),
  };
  return { sink, seen };
};

function createCase(rules: readonly EventRule[], more: Partial<RoutedSinkOptions> = {}) {
  const [http, otlp, archive] = [recording('http'), recording('otlp'), recording('archive')];
  const sinks = [http.sink, otlp.sink, archive.sink];
  const routed = routedSink({ rules, sinks, ...more });
  const observe = (kind: string, feature = 'panel') =>
    routed.observe({ kind, feature, version: 'v2', failure: { phase: 'load' } } as Observation, '');
  return { routed, observe, http: http.seen, otlp: otlp.seen, archive: archive.seen };
}

test('without rules everything goes everywhere, with its class', () => {
  const { observe, http, otlp } = createCase([]);
  observe('failure');
  observe('timing');
  expect(http).toEqual(['failure panel critical', 'timing panel informational']);
  expect(otlp).toEqual(http);
});

test('legacy is dropped, or archived where a rule names the archive', () => {
  const { routed, observe, http, archive } = createCase([
    { feature: 'oldPanel', kinds: ['failure'], class: 'legacy', to: ['archive'] },
    { feature: 'oldPanel', class: 'legacy' },
  ]);
  observe('failure', 'oldPanel');
  observe('timing', 'oldPanel');
  observe('timing');
  expect([http, archive]).toEqual([
    ['timing panel informational'],
    ['failure oldPanel legacy', 'timing panel informational'],
  ]);
  expect(routed.counts()).toEqual({ critical: 0, informational: 1, legacy: 2, dropped: 1 });
});

test('a route follows its flag from one observation to the next, and may write twice', () => {
  const flags = new Set<string>();
  const { observe, http, otlp } = createCase(
    [
      { kinds: ['failure'], flag: 'otlpOnly', class: 'critical', to: ['otlp'] },
      { kinds: ['failure'], flag: 'dualWrite', class: 'critical', to: ['http', 'otlp'] },
      { kinds: ['failure'], class: 'critical', to: ['http'] },
    ],
    { isOn: (feature) => flags.has(feature) },
  );
  observe('failure', 'a');
  flags.add('dualWrite');
  observe('failure', 'b');
  flags.add('otlpOnly');
  observe('failure', 'c');
  flags.clear();
  observe('failure', 'd');
  expect(http).toEqual(['failure a critical', 'failure b critical', 'failure d critical']);
  expect(otlp).toEqual(['failure b critical', 'failure c critical']);
});

test('one sink that throws takes nothing from the others, nor does a flag that cannot be read', () => {
  const onInternalFault = vi.fn<(operation: string, error: unknown) => void>();
  const fail = (): never => {
    throw new Error('fail');
  };
  const broken: Sink = { name: 'broken', observe: fail, connection: fail, flush: fail, close: fail };
  const { sink, seen } = recording('http');
  const routed = routedSink({
    rules: [{ flag: 'panel', class: 'legacy' }],
    sinks: [broken, sink],
    isOn: fail,
    onInternalFault,
  });
  routed.observe({ kind: 'timing', feature: 'panel', version: 'v2' } as Observation, '');
  routed.connection?.({ from: 'live', to: 'polling', atMs: 0 } as never);
  routed.flush?.();
  routed.close?.();
  expect(seen).toEqual(['timing panel informational', 'connection polling', 'flush', 'close']);
  expect(onInternalFault.mock.calls.map(([operation]) => operation)).toEqual([
    'event rules',
    ...Array.from({ length: 4 }, () => 'sink broken'),
  ]);
});

test.each([
  ['a class that is none', { class: 'urgent' as never }, /critical, informational or legacy.*urgent/],
  ['a sink that is none', { class: 'critical', to: ['nowhere'] } as const, /http, otlp, archive.*nowhere/],
  ['a flag that is no key', { class: 'critical', flag: '__proto__' } as const, /feature key.*__proto__/],
])('refuses %s', (_, rule, message) => {
  expect(() => createCase([rule])).toThrow(message);
});
