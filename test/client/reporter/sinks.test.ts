import { expect, test } from 'vitest';
import { createHttpReporter } from '../../../src/client/reporter/httpReporter.js';
import { createTallyQueue } from '../../../src/client/reporter/tallyQueue.js';
import { consoleSink } from '../../../src/client/reporter/consoleSink.js';
import { httpSink } from '../../../src/client/reporter/httpSink.js';
import { createOtlpReporter } from '../../../src/client/reporter/otlp/otlpReporter.js';
import { otlpSink } from '../../../src/client/reporter/otlp/otlpSink.js';
import { routedSink } from '../../../src/client/reporter/routedSink.js';
import { createSwitchback } from '../../../src/client/client.js';
import { defineFeatures } from '../../../src/features.js';
import { createFakeClock } from '../../harness/fakeClock.js';
import { readPoints } from './otlp/otlpReceiver.js';
import { describeSink, networkTroubles, troubledFetch } from './sinkContract.js';
import type { SentBatch } from './sinkHarness.js';

function createPage() {
  const clock = createFakeClock();
  const faults: unknown[] = [];
  const hides = new Set<() => void>();
  return {
    clock,
    faults,
    hides,
    onInternalFault: (_operation: string, error: unknown) => void faults.push(error),
    onHide: (run: () => void) => {
      hides.add(run);
      return () => void hides.delete(run);
    },
  };
}

describeSink(
  'httpSink',
  () => {
    const page = createPage();
    let exposures = 0;
    const { fetch, end } = troubledFetch((_url, text) => {
      const { buckets } = JSON.parse(text) as SentBatch;
      for (const { counts } of buckets) exposures += counts.exposures;
    });
    const load = async () => [{ createHttpReporter }, { createTallyQueue }] as const;
    return {
      ...page,
      sink: httpSink({ ...page, url: '/api', fetch, sendBeacon: null, random: () => 0.5, load }),
      exposures: () => exposures,
      contacts: () => end.contacts,
      setTrouble: (trouble) => void (end.trouble = trouble),
    };
  },
  networkTroubles,
);

describeSink(
  'otlpSink',
  () => {
    const page = createPage();
    let exposures = 0;
    const { fetch, end } = troubledFetch((url, text) => {
      if (!url.endsWith('/v1/metrics')) return;
      for (const { metric, point } of readPoints(JSON.parse(text)))
        if (metric === 'switchback.exposures') exposures += Number(point['asInt']);
    });
    const load = async () => ({ createOtlpReporter });
    return {
      ...page,
      sink: otlpSink({ ...page, url: 'https://collector.test', fetch, random: () => 0.5, load }),
      exposures: () => exposures,
      contacts: () => end.contacts,
      setTrouble: (trouble) => void (end.trouble = trouble),
    };
  },
  networkTroubles,
);

describeSink(
  'consoleSink',
  () => {
    const printed: unknown[][] = [];
    return {
      ...createPage(),
      sink: consoleSink((...values) => void printed.push(values)),
      exposures: () => printed.filter(([text]) => String(text).endsWith('exposure')).length,
      contacts: () => printed.length,
      setTrouble: () => {},
    };
  },
  [],
);

describeSink(
  'routedSink',
  () => {
    const printed: unknown[][] = [];
    return {
      ...createPage(),
      sink: routedSink({ rules: [], sinks: [consoleSink((...values) => void printed.push(values))] }),
      exposures: () => printed.filter(([text]) => String(text).endsWith('exposure')).length,
      contacts: () => printed.length,
      setTrouble: () => {},
    };
  },
  [],
);

test('all sinks of a client hear of a failure at once, beside one that throws and one that never answers', async () => {
  const { clock } = createPage();
  const urls = new Set<string>();
  const { fetch } = troubledFetch((url) => void urls.add(url));
  const printed: unknown[] = [];
  const faults: string[] = [];
  const client = createSwitchback({
    features: defineFeatures({ panel: {} }),
    storage: false,
    clock,
    onInternalFault: (operation) => void faults.push(operation),
    sinks: [
      {
        name: 'thrower',
        observe() {
          throw new Error('thrower');
        },
      },
      { name: 'mute', observe: () => new Promise(() => {}) as never },
      httpSink({
        url: '/api',
        fetch,
        clock,
        sendBeacon: null,
        load: async () => [{ createHttpReporter }, { createTallyQueue }] as const,
      }),
      otlpSink({ url: 'https://collector.test', fetch, clock, load: async () => ({ createOtlpReporter }) }),
      consoleSink((text) => void printed.push(text)),
    ],
  });
  client.reportFailure('panel', new Error('broken'));
  await clock.advance(10_000);
  const collector = ['https://collector.test/v1/metrics', 'https://collector.test/v1/logs'];
  expect([...urls].sort()).toEqual(['/api/metrics', ...collector].sort());
  expect([printed, faults]).toEqual([['[switchback] panel v1 failure'], ['sink thrower']]);
});
