import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOtlpReporter } from '../../../../src/client/reporter/otlp/otlpReporter.js';
import { otlpSink, type OtlpSinkOptions } from '../../../../src/client/reporter/otlp/otlpSink.js';
import type { Observation } from '../../../../src/observe/observe.js';
import { createFakeClock } from '../../../harness/fakeClock.js';
import { subjectOf } from '../sinkHarness.js';
import { startOtlpReceiver, type OtlpReceiver } from './otlpReceiver.js';

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  vi.unstubAllGlobals();
});

// A machine under load may take its time.
const eventually = (check: () => unknown) => vi.waitFor(check, 15_000);

const labels = {
  feature: 'memoryPanel',
  version: 'v2',
  arm: 'v2',
  reason: 'SPLIT',
  epoch: 1_795_244_451_480,
  revision: 412,
  stage: 'canary',
} as const;
const flag = {
  'feature_flag.key': 'memoryPanel',
  'feature_flag.result.variant': 'v2',
  'feature_flag.result.reason': 'split',
  'feature_flag.provider.name': 'switchback',
};

/** A sink that reports to the receiver over real HTTP; its time and its page are the test's. */
function createCase(options: Partial<OtlpSinkOptions> = {}) {
  const clock = createFakeClock();
  const faults: { operation: string; message: string }[] = [];
  const hides = new Set<() => void>();
  let underWay = 0;
  const countedFetch: typeof fetch = async (...request) => {
    underWay++;
    return (options.fetch ?? fetch)(...request).finally(() => void underWay--);
  };
  /** Goes on, unless a real request is under way: the sink's patience is of the test's time. */
  const step = async (ms: number) => {
    if (underWay === 0) await clock.advance(ms);
  };
  const sink = otlpSink({
    url: `${receiver.url}/`,
    serviceName: 'web',
    serviceVersion: '4.2.0',
    clock,
    load: async () => ({ createOtlpReporter }),
    random: () => 0.5,
    onHide: (run) => {
      hides.add(run);
      return () => void hides.delete(run);
    },
    onInternalFault: (operation, error) => void faults.push({ operation, message: String(error) }),
    ...options,
    fetch: countedFetch,
  });
  const observe = (more: object, user = 1) =>
    sink.observe({ ...labels, atMs: clock.now(), ...more } as Observation, subjectOf(user));
  const flush = async () => {
    await clock.advance(0);
    sink.flush?.();
  };
  const received = (requests: number) =>
    eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(requests));
  return { sink, clock, step, faults, hides, observe, flush, received, hide: () => hides.forEach((run) => run()) };
}

const failure = { phase: 'render', name: 'TypeError', message: 'x is undefined', componentStack: 'at Panel' } as const;

test('sends counts, durations and measures as deltas that hold to OTLP', async () => {
  const { clock, observe, flush, received } = createCase();
  observe({ kind: 'attempt' });
  await clock.advance(0);
  clock.jump(2_000);
  for (const kind of [
    'attempt',
    'exposure',
    'settled',
    'aborted',
    'suppressedByBreaker',
    'overridden',
    'slow',
    'silent',
  ])
    observe({ kind });
  observe({ kind: 'failure', failure });
  for (const valueMs of [0, 0.5, 1, 41.2, 1e9]) observe({ kind: 'timing', name: 'commitMs', valueMs });
  observe({ kind: 'timing', name: 'chunkLoadMs', valueMs: 120 });
  observe({ kind: 'sum', name: 'heapMb', value: 38.1 });
  observe({ kind: 'sum', name: 'fetchErrors', value: 1 });
  observe({ kind: 'sum', name: 'fetchErrors', value: 0 });
  observe({ kind: 'measure', name: 'rows', measure: 'counter', unit: '{row}', value: 20 });
  observe({ kind: 'measure', name: 'rows', measure: 'counter', unit: '{row}', value: 0.5 });
  observe({ kind: 'measure', name: 'queue.length', measure: 'gauge', unit: '1', value: 7 });
  observe({ kind: 'measure', name: 'queue.length', measure: 'gauge', unit: '1', value: 3 });
  observe({ kind: 'measure', name: 'searchMs', measure: 'histogram', unit: 'ms', value: 12 });
  await flush();
  await received(2);

  expect(receiver.problems).toEqual([]);
  const valueOf = (metric: string) => receiver.sum(metric);
  expect(valueOf('switchback.attempts')).toBe(2);
  for (const name of ['exposures', 'settled', 'aborted', 'suppressed_by_breaker', 'overridden', 'slow', 'silent'])
    expect([name, valueOf(`switchback.${name}`)]).toEqual([name, 1]);
  expect(receiver.sum('switchback.failures', { 'switchback.failure.phase': 'render' })).toBe(1);
  expect(valueOf('switchback.heap')).toBe(38.1);
  expect([valueOf('switchback.fetches'), valueOf('switchback.fetch.errors')]).toEqual([2, 1]);
  expect([valueOf('switchback.measure.rows'), valueOf('switchback.measure.queue.length')]).toEqual([20.5, 3]);

  const attempts = receiver.points.find(({ metric }) => metric === 'switchback.attempts');
  expect(attempts).toMatchObject({
    kind: 'sum',
    unit: '{attempt}',
    attributes: { ...flag, 'switchback.assigned': true, 'switchback.stage': 'canary' },
    point: { asInt: '2', startTimeUnixNano: '1795244451480000000', timeUnixNano: '1795244453480000000' },
  });
  const commits = receiver.points.find(({ metric }) => metric === 'switchback.commit.duration');
  expect(commits).toMatchObject({ kind: 'exponentialHistogram', unit: 'ms' });
  expect(commits?.point).toMatchObject({ count: '5', zeroCount: '1', min: 0, max: 1e9, sum: 1_000_000_042.7 });
  expect(receiver.points.find(({ metric }) => metric === 'switchback.measure.searchMs')?.unit).toBe('ms');
});

test('by default its code is a module of this package', async () => {
  const { observe, sink, received } = createCase({ load: undefined });
  observe({ kind: 'attempt' });
  sink.flush?.();
  await received(1);
  await eventually(() => expect(receiver.sum('switchback.attempts')).toBe(1));
});

test('names who sends, and sends the headers of the host', async () => {
  const { observe, flush, received } = createCase({
    headers: { 'x-token': 'public', 'content-type': 'text/plain' },
    resource: { 'deployment.environment.name': 'staging', replicas: 3, ratio: 0.5, canary: true },
  });
  observe({ kind: 'exposure' });
  await flush();
  await received(2);
  expect(receiver.problems).toEqual([]);
  for (const { headers, resource } of receiver.requests) {
    expect(headers['x-token']).toBe('public');
    expect(resource).toEqual({
      'service.name': 'web',
      'service.version': '4.2.0',
      'deployment.environment.name': 'staging',
      replicas: '3',
      ratio: 0.5,
      canary: true,
    });
  }
});

test('sends exposures as feature_flag.evaluation and failures as exception events', async () => {
  const { clock, observe, flush, received } = createCase();
  const atMs = clock.now() - 300;
  observe({ kind: 'exposure', atMs }, 7);
  observe({ kind: 'exposure', version: 'v1', arm: 'none', reason: 'ERROR' });
  observe({ kind: 'failure', failure: { ...failure, v1AlsoFailed: true, class: 'dom-mutation' } });
  observe({ kind: 'settled' });
  await flush();
  await received(2);
  expect(receiver.problems).toEqual([]);
  const of = { ...flag, 'feature_flag.version': '1795244451480.412' };
  const [failed, shown, broken, ...more] = receiver.events;
  expect(more).toEqual([]);
  expect(shown).toMatchObject({
    eventName: 'feature_flag.evaluation',
    severityNumber: 9,
    timeUnixNano: `${atMs}000000`,
    attributes: { ...of, 'feature_flag.context.id': subjectOf(7) },
  });
  expect(broken?.attributes).toMatchObject({ 'feature_flag.result.reason': 'error', 'error.type': 'general' });
  expect(failed).toMatchObject({ eventName: 'exception', severityNumber: 17 });
  expect(failed?.attributes).toEqual({
    ...of,
    'feature_flag.context.id': subjectOf(1),
    'exception.type': 'TypeError',
    'exception.message': 'x is undefined',
    'switchback.failure.phase': 'render',
    'switchback.failure.class': 'dom-mutation',
    'switchback.failure.v1_also_failed': true,
    'switchback.component_stack': 'at Panel',
  });
});

test('sends no events where logs are off', async () => {
  const { observe, flush, received } = createCase({ logs: false });
  observe({ kind: 'exposure' });
  observe({ kind: 'failure', failure });
  await flush();
  await received(1);
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/metrics']);
});

test('sends changes of the connection as events, in time', async () => {
  const { clock, sink, flush, received } = createCase();
  const change = { kind: 'connection', class: 'critical', atMs: clock.now() } as const;
  sink.connection?.({ ...change, from: 'connecting', to: 'live' });
  sink.connection?.({ ...change, from: 'live', to: 'polling' });
  await flush();
  await received(1);
  expect(receiver.problems).toEqual([]);
  expect(receiver.events.map(({ eventName, severityNumber }) => [eventName, severityNumber])).toEqual([
    ['switchback.connection', 9],
    ['switchback.connection', 13],
  ]);
  expect(receiver.events[1]?.attributes).toEqual({
    'switchback.connection.from': 'live',
    'switchback.connection.to': 'polling',
  });
});

test('samples by user what is informational, never failures, and says the share', async () => {
  const { clock, observe, flush, received } = createCase();
  observe({ kind: 'attempt' });
  await clock.advance(0);
  for (let user = 0; user < 400; user++) {
    // The last digits of a digest decide.
    const subject = (user * 10_737_419) >>> 0;
    observe({ kind: 'settled', sampling: 0.25 }, subject);
    observe({ kind: 'failure', failure, sampling: 0.25 }, subject);
  }
  await flush();
  await received(2);
  await eventually(() => expect(receiver.sum('switchback.failures')).toBe(400));
  expect(receiver.sum('switchback.settled', { 'switchback.sampling': 0.25 })).toBe(100);
  expect(receiver.points.find(({ metric }) => metric === 'switchback.failures')?.attributes).not.toHaveProperty([
    'switchback.sampling',
  ]);
});

test('sends every 10 s, and nothing when nothing happened', async () => {
  const { clock, observe, received } = createCase();
  observe({ kind: 'settled' });
  await clock.advance(9_999);
  expect(receiver.requests).toEqual([]);
  await clock.advance(1);
  await received(1);
  await clock.advance(600_000);
  expect([receiver.requests.length, clock.waiting()]).toEqual([1, 0]);
});

test('does not make 50 events wait', async () => {
  const { clock, observe, received } = createCase();
  for (let count = 0; count < 50; count++) observe({ kind: 'exposure' });
  await clock.advance(0);
  await received(2);
  await eventually(() => expect(receiver.events.length).toBe(50));
});

test('sends at once when the page is hidden, in a way that outlives it', async () => {
  const inits: RequestInit[] = [];
  const { clock, observe, hide, received } = createCase({
    fetch: (url, init = {}) => {
      inits.push(init);
      return fetch(url, init);
    },
  });
  observe({ kind: 'exposure' });
  await clock.advance(0);
  hide();
  await received(2);
  expect(inits.map(({ keepalive }) => keepalive)).toEqual([true, true]);
});

test('what happened while a request is under way still leaves with the page', async () => {
  const waiting: (() => void)[] = [];
  receiver.answer = (_path, response) => {
    waiting.push(() => response.writeHead(200).end());
    return true;
  };
  const { observe, flush, hide, received, faults } = createCase({ logs: false });
  observe({ kind: 'settled' });
  await flush();
  await received(1);
  observe({ kind: 'settled' });
  hide();
  await received(2);
  waiting.forEach((run) => run());
  expect(faults).toEqual([]);
});

test.each([429, 502, 503, 504])('tries again after %i, when the collector says so', async (status) => {
  let refusals = 0;
  receiver.answer = (_path, response) => {
    if (refusals >= 1) return false;
    refusals++;
    response.writeHead(status, { 'retry-after': '30' }).end();
    return true;
  };
  const { clock, observe, flush, received, faults, hide } = createCase({ logs: false });
  observe({ kind: 'settled' });
  await flush();
  await received(1);
  await eventually(() => expect(clock.waiting()).toBe(1));
  hide();
  await clock.advance(29_999);
  expect(receiver.requests.length).toBe(1);
  await clock.advance(1);
  await eventually(() => expect(receiver.sum('switchback.settled')).toBe(1));
  expect(faults.map(({ operation }) => operation)).toEqual(['sink otlp']);
  expect(receiver.problems).toEqual([]);
});

test.each([400, 401, 404, 413, 500])(
  'never tries again after %i, and tells of the loss with the next',
  async (status) => {
    let isRefusing = true;
    receiver.answer = (_path, response) => {
      if (isRefusing) response.writeHead(status).end('<html>');
      return isRefusing;
    };
    const { clock, observe, flush, received, faults } = createCase({ logs: false });
    observe({ kind: 'settled' });
    observe({ kind: 'settled' });
    await flush();
    await received(1);
    await eventually(() => expect(faults.length).toBe(1));
    expect(faults[0]?.message).toContain(`metrics: answered ${status}`);
    await clock.advance(600_000);
    expect(receiver.requests.length).toBe(1);
    // The loss is told, and told again when what told it was lost as well.
    observe({ kind: 'settled' });
    await flush();
    await received(2);
    await eventually(async () => {
      isRefusing = false;
      observe({ kind: 'settled' });
      await flush();
      expect(receiver.sum('switchback.dropped', { 'error.type': 'refused' })).toBe(3);
    });
    expect([faults.length, receiver.problems]).toEqual([1, []]);
  },
);

test.each([
  ['a number', { partialSuccess: { rejectedDataPoints: 2, errorMessage: 'too old' } }],
  ['a string', { partialSuccess: { rejectedDataPoints: '2', errorMessage: 'too old' } }],
])('counts what a partial success rejects, as %s, once and never again sends it', async (_, answer) => {
  let answers = 0;
  receiver.answer = (_path, response) => {
    if (++answers > 1) return false;
    response.writeHead(200).end(JSON.stringify(answer));
    return true;
  };
  const { observe, flush, received, faults } = createCase({ logs: false });
  for (let count = 0; count < 3; count++) observe({ kind: 'settled' });
  await flush();
  await received(1);
  await eventually(() => expect(faults.length).toBe(1));
  expect(faults[0]?.message).toContain('partial success, 2 rejected');
  observe({ kind: 'attempt' });
  await flush();
  await received(2);
  expect(receiver.sum('switchback.dropped', { 'error.type': 'rejected' })).toBe(2);
  expect(receiver.sum('switchback.settled')).toBe(0);
});

test.each(['', '<html>', 'null', '[]', '{"partialSuccess":7}', '{"partialSuccess":{"rejectedDataPoints":"many"}}'])(
  'takes 200 with the body %j for a success',
  async (body) => {
    receiver.answer = (_path, response) => {
      response.writeHead(200).end(body);
      return true;
    };
    const { clock, observe, flush, received, faults } = createCase({ logs: false });
    observe({ kind: 'settled' });
    await flush();
    await received(1);
    await eventually(() => expect(clock.waiting()).toBe(0));
    expect(faults).toEqual([]);
  },
);

test('asks a collector that is gone ever more seldom, gives up in the end and counts exactly', async () => {
  const requests: number[] = [];
  let isGone = true;
  const { clock, step, observe, faults, sink } = createCase({
    logs: false,
    random: () => 0.999,
    fetch: (url, init) => {
      requests.push(clock.now());
      return isGone ? Promise.reject(new TypeError('failed to fetch')) : fetch(url, init);
    },
  });
  for (let minute = 0; minute < 60; minute++) {
    observe({ kind: 'settled' });
    await clock.advance(60_000);
  }
  expect(requests.length).toBeLessThan(30);
  expect(faults.length).toBe(1);
  isGone = false;
  observe({ kind: 'settled' });
  // In small steps: the answer comes over a real network.
  await eventually(async () => {
    await step(5_000);
    sink.flush?.();
    expect(receiver.sum('switchback.settled') + receiver.sum('switchback.dropped')).toBe(61);
  });
  expect(receiver.sum('switchback.dropped', { 'error.type': 'expired' })).toBeGreaterThan(0);
  expect(receiver.problems).toEqual([]);
});

test('a collector that never answers holds nothing up but itself', async () => {
  const { clock, observe, flush, faults } = createCase({ logs: false, fetch: () => new Promise(() => {}) });
  observe({ kind: 'settled' });
  await flush();
  await clock.advance(10_000);
  expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining('metrics: no answer')]);
});

test('keeps 500 events at most, failures longest, and counts the others', async () => {
  let isDown = true;
  receiver.answer = (path, response) => {
    if (!isDown || path !== '/v1/logs') return false;
    response.writeHead(503).end();
    return true;
  };
  const { step, observe, flush, received } = createCase();
  observe({ kind: 'exposure' });
  await flush();
  await received(2);
  for (let count = 0; count < 20; count++) observe({ kind: 'failure', failure: { ...failure, message: `${count}` } });
  for (let count = 0; count < 600; count++) observe({ kind: 'exposure' });
  isDown = false;
  await eventually(async () => {
    await step(1_000);
    expect(receiver.events.length).toBe(501);
  });
  await flush();
  await eventually(() => expect(receiver.sum('switchback.dropped', { 'error.type': 'queue_full' })).toBe(120));
  expect(receiver.events.filter(({ eventName }) => eventName === 'exception').length).toBe(20);
  expect(Math.max(...receiver.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(24 * 1_024);
  expect(receiver.problems).toEqual([]);
});

test('has few streams, however many names there are', async () => {
  const { observe, flush, received, clock } = createCase({ logs: false });
  observe({ kind: 'settled' });
  await clock.advance(0);
  for (let count = 0; count < 5_000; count++) {
    observe({ kind: 'attempt', stage: `stage-${count}` });
    observe({ kind: 'measure', name: `made.up${count}`, measure: 'counter', unit: '1', value: 1 });
  }
  await flush();
  await received(1);
  await eventually(async () => {
    await clock.advance(0);
    expect(receiver.sum('switchback.attempts')).toBe(5_000);
  });
  expect(receiver.sum('switchback.attempts', { 'otel.metric.overflow': true })).toBeGreaterThan(4_000);
  await flush();
  const measured = () =>
    receiver.points.filter(({ metric }) => metric.startsWith('switchback.measure.')).length +
    receiver.sum('switchback.dropped', { 'error.type': 'queue_full' });
  await eventually(() => expect(measured()).toBe(5_000));
  expect(receiver.points.length).toBeLessThan(600);
  expect(Math.max(...receiver.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(24 * 1_024);
  expect(receiver.problems).toEqual([]);
});

test.each([
  ['a time before 1970', { atMs: -1 }],
  ['no time', { atMs: Number.NaN }],
  ['a time beyond all', { atMs: 1e300 }],
  ['half a millisecond', { atMs: 1_795_244_451_480.5 }],
  ['a name that is a key of every object', { feature: '__proto__', stage: 'constructor' }],
  ['half a character', { feature: '\ud800', stage: '"\u0000\u2028</script>' }],
])('holds to OTLP with %s', async (_, more) => {
  const { observe, flush, received } = createCase();
  observe({ kind: 'exposure', ...more });
  observe({ kind: 'failure', failure: { phase: 'reported', name: '', message: '\ud800' }, ...more });
  await flush();
  await received(2);
  expect([receiver.problems, receiver.events.length, receiver.sum('switchback.exposures')]).toEqual([[], 2, 1]);
});

test.each([Number.NaN, Infinity, -Infinity, -1])('leaves out the duration %d', async (valueMs) => {
  const { observe, flush, received } = createCase();
  observe({ kind: 'timing', name: 'commitMs', valueMs });
  observe({ kind: 'attempt' });
  await flush();
  await received(1);
  expect(receiver.points.map(({ metric }) => metric)).toEqual(['switchback.attempts']);
});

test.each([
  ['url', { url: '' }],
  ['serviceName', { serviceName: 'x'.repeat(256) }],
  ['serviceVersion', { serviceVersion: 7 }],
  ['headers', { headers: [] }],
  ['headers', { headers: { 'x-token': 7 } }],
  ['resource', { resource: { nested: {} } }],
  ['resource', { resource: { ratio: Number.NaN } }],
  ['resource', { resource: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`a${at}`, 1])) }],
])('refuses a bad %s', (name, options) => {
  expect(() => createCase(options as unknown as Partial<OtlpSinkOptions>)).toThrow(name);
});
