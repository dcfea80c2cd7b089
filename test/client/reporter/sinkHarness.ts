import { createExchange } from '../../../src/client/exchange.js';
import { createHttpReporter, type HttpReporterOptions } from '../../../src/client/reporter/httpReporter.js';
import { createStoredQueue } from '../../../src/client/reporter/storedQueue.js';
import { createTallyQueue } from '../../../src/client/reporter/tallyQueue.js';
import { openStorage } from '../../../src/client/storage.js';
import type { Observation } from '../../../src/observe/observe.js';
import { createFakeClock } from '../../harness/fakeClock.js';

export const subjectOf = (user: number) => user.toString(16).padStart(24, '0');

/** What a batch looks like once it is parsed; the parts the tests read. */
export interface SentBatch {
  readonly senderId: string;
  readonly seq: number;
  readonly sentAt: number;
  readonly checksum: string;
  readonly final: boolean;
  readonly dropped: { queueFull: number; expired: number; storage: number };
  readonly subjects: Record<string, string>;
  readonly buckets: {
    feature: string;
    version: string;
    startMs: number;
    counts: { attempts: number; exposures: number; settled: number; failed: Record<string, number> };
    units: { exposed: number; error: number; silent: number };
    sampling: number;
    histograms: Record<string, { n: number }>;
  }[];
}

/** The sending half of a sink whose service, beacon, clock and page are the test's. */
export function createSinkCase(options: Partial<HttpReporterOptions> & { fetch?: typeof fetch } = {}) {
  const clock = createFakeClock();
  const texts: string[] = [];
  const beacons: string[] = [];
  const inits: RequestInit[] = [];
  const hides = new Set<(isGone?: boolean) => void>();
  const faults: { operation: string; error: unknown }[] = [];
  const service = {
    answer: (_text: string): Response | Promise<Response> => new Response('{"status":"accepted"}'),
    takesBeacons: true,
  };
  const fetch: typeof globalThis.fetch =
    options.fetch ??
    (async (_url, init = {}) => {
      inits.push(init);
      texts.push(String(init.body));
      return service.answer(String(init.body));
    });
  const { post } = createExchange({ fetch, clock, code: 'report-failed', timeoutMs: 10_000 });
  const sink = createHttpReporter({
    url: '/api',
    post,
    senderId: '0'.repeat(32),
    dropped: 0,
    seq: 0,
    storage: openStorage(false),
    locks: null,
    createTallyQueue,
    loadStore: async () => ({ createStoredQueue }),
    random: () => 0.5,
    // A Blob is read asynchronously: its text is kept as it comes.
    sendBeacon: (_url, body) => {
      if (service.takesBeacons) void body.text().then((text) => beacons.push(text));
      return service.takesBeacons;
    },
    clock,
    onHide: (run) => {
      hides.add(run);
      return () => void hides.delete(run);
    },
    onInternalFault: (operation, error) => void faults.push({ operation, error }),
    ...options,
  });
  const parse = (list: readonly string[]) => list.map((text) => JSON.parse(text) as SentBatch);
  const observe = (more: object = {}, user = 1) =>
    sink.observe(
      {
        kind: 'exposure',
        feature: 'memoryPanel',
        version: 'v2',
        arm: 'v2',
        reason: 'SPLIT',
        epoch: 7,
        revision: 1,
        stage: null,
        atMs: clock.now(),
        ...more,
      } as Observation,
      subjectOf(user),
    );
  return {
    sink,
    clock,
    texts,
    inits,
    hides,
    faults,
    service,
    observe,
    batches: () => parse(texts),
    beaconed: () => parse(beacons),
    hide: (isGone = false) => hides.forEach((run) => run(isGone)),
    exposures: (batches: readonly SentBatch[]) =>
      batches.flatMap(({ buckets }) => buckets).reduce((sum, { counts }) => sum + counts.exposures, 0),
  };
}
