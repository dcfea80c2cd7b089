// What bench/observe/delivery.mjs runs in Node: the client's own sink, with a network and a time of our own.
import { createExchange } from '../../src/client/exchange.js';
import { createHttpReporter } from '../../src/client/reporter/httpReporter.js';
import { createTallyQueue } from '../../src/client/reporter/tallyQueue.js';
import type { Clock } from '../../src/client/clock.js';
import { openStorage } from '../../src/client/storage.js';
import type { Observation } from '../../src/observe/observe.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A clock that runs as fast as the machine can. */
function createFastClock(startMs: number) {
  const timers = new Map<number, { dueMs: number; run: () => void }>();
  let nowMs = startMs;
  let nextId = 1;
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, run) {
      const id = nextId++;
      timers.set(id, { dueMs: nowMs + Math.max(delayMs, 0), run });
      return () => void timers.delete(id);
    },
  };
  return {
    clock,
    async advance(ms: number) {
      const untilMs = nowMs + ms;
      for (;;) {
        await turn();
        let first: [number, { dueMs: number; run: () => void }] | undefined;
        for (const timer of timers)
          if (timer[1].dueMs <= untilMs && timer[1].dueMs < (first?.[1].dueMs ?? Infinity)) first = timer;
        if (!first) break;
        timers.delete(first[0]);
        nowMs = Math.max(nowMs, first[1].dueMs);
        first[1].run();
      }
      nowMs = untilMs;
    },
  };
}

/** A generator of chances that is the same in every run. */
function createChance(seed: number) {
  let state = seed;
  return () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
}

class Area implements Storage {
  readonly items = new Map<string, string>();
  [name: string]: unknown;
  get length(): number {
    return this.items.size;
  }
  key = (at: number): string | null => [...this.items.keys()][at] ?? null;
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
  clear = (): void => this.items.clear();
}

interface SinkOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly random: () => number;
  readonly area: Area;
  readonly sender: number;
  readonly onInternalFault?: (operation: string, error: unknown) => void;
}

function createSink({ url, clock, fetch, random, area, sender, onInternalFault }: SinkOptions) {
  const senderId = sender.toString(16).padStart(32, '0');
  const { post } = createExchange({ fetch, clock, code: 'report-failed', timeoutMs: 10_000 });
  const storage = openStorage(area, () => {}, undefined);
  const nothing = { build: undefined, sendBeacon: null, locks: null, onHide: () => () => {}, seq: 0, dropped: 0 };
  return createHttpReporter({
    ...nothing,
    createTallyQueue,
    url,
    post,
    storage,
    clock,
    random,
    senderId,
    onInternalFault,
  });
}

const labels = { version: 'v2', arm: 'none', reason: 'DEFAULT', epoch: 1, revision: 1, stage: null } as const;
const failure = { phase: 'event', name: 'Error', message: 'own' } as const;
const observationOf = (kind: 'attempt' | 'failure', feature: string, atMs: number): Observation =>
  kind === 'failure' ? { ...labels, kind, feature, atMs, failure } : { ...labels, kind, feature, atMs };
const subject = 'a'.repeat(24);

export interface LossResult {
  readonly given: number;
  readonly requests: number;
  readonly lostOnTheWay: number;
  readonly lostOnTheWayBack: number;
  readonly duplicated: number;
  readonly late: number;
}

/** Pages report to a real service over a network that loses three in ten, repeats and delays; ends when nothing waits. */
export async function loseThreeInTen(url: string, pages: number, each: number): Promise<LossResult> {
  const chance = createChance(7);
  const result = { given: 0, requests: 0, lostOnTheWay: 0, lostOnTheWayBack: 0, duplicated: 0, late: 0 };
  const fast = createFastClock(Date.now() - 3_600_000);
  const underWay = new Set<Promise<unknown>>();
  const send = (to: Parameters<typeof fetch>[0], init: RequestInit | undefined) => {
    const sent = fetch(to, { ...init, keepalive: false, signal: null });
    underWay.add(sent);
    void sent.finally(() => underWay.delete(sent)).catch(() => {});
    return sent;
  };
  const lossy: typeof fetch = async (to, init) => {
    result.requests++;
    const drawn = chance();
    if (drawn < 0.15) {
      result.lostOnTheWay++;
      throw new TypeError('lost on the way there');
    }
    if (drawn < 0.2) {
      // It arrives after those that were sent after it; nobody waits for the answer.
      result.late++;
      setTimeout(() => void send(to, init), 20 + chance() * 200);
      throw new TypeError('given up');
    }
    if (drawn < 0.3) {
      result.duplicated++;
      void send(to, init);
    }
    const answer = await send(to, init);
    if (drawn >= 0.3 && drawn < 0.45) {
      result.lostOnTheWayBack++;
      await answer.arrayBuffer();
      throw new TypeError('lost on the way back');
    }
    return answer;
  };
  const sinks = Array.from({ length: pages }, (_, sender) => ({
    sender,
    area: new Area(),
    sink: undefined as ReturnType<typeof createSink> | undefined,
  }));
  for (const page of sinks)
    page.sink = createSink({
      url,
      clock: fast.clock,
      fetch: lossy,
      random: chance,
      area: page.area,
      sender: page.sender + 1,
    });
  const settle = async (ms: number) => {
    for (let step = 0; step < ms; step += 1_000) {
      await fast.advance(1_000);
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  for (let round = 0; round < each / 10; round++) {
    for (const { sink } of sinks)
      for (let count = 0; count < 10; count++) {
        sink?.observe(observationOf(count % 5 === 0 ? 'failure' : 'attempt', 'panel', fast.clock.now()), subject);
        result.given++;
      }
    await settle(2_000);
  }
  for (let round = 0; round < 200 && sinks.some(({ area }) => area.items.size > 0); round++) {
    for (const { sink } of sinks) sink?.flush?.();
    await settle(30_000);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  while (underWay.size > 0) await Promise.allSettled(underWay);
  return result;
}

export interface OfflineResult {
  readonly given: number;
  readonly arrived: number;
  readonly counted: { queueFull: number; expired: number; storage: number };
  readonly mostInMemory: number;
  readonly mostStored: number;
  readonly heapGrowthMB: number;
  readonly requestsOffline: number;
  readonly seconds: number;
}

/** One page without a network for 24 hours; then it has one again. */
export async function stayOffline(events: number): Promise<OfflineResult> {
  const startedMs = performance.now();
  const fast = createFastClock(1_795_244_451_480);
  const area = new Area();
  let isOnline = false;
  let requestsOffline = 0;
  let arrived = 0;
  let buckets = 0;
  const counted = { queueFull: 0, expired: 0, storage: 0 };
  const seen = new Set<number>();
  const network: typeof fetch = async (_url, init) => {
    if (!isOnline) {
      requestsOffline++;
      throw new TypeError('offline');
    }
    const batch = JSON.parse(init?.body as string) as {
      seq: number;
      dropped: typeof counted;
      buckets: { counts: { attempts: number } }[];
    };
    if (!seen.has(batch.seq)) {
      seen.add(batch.seq);
      buckets += batch.buckets.length;
      for (const { counts } of batch.buckets) arrived += counts.attempts;
      for (const name of ['queueFull', 'expired', 'storage'] as const) counted[name] += batch.dropped[name];
    }
    const gaps: number[][] = [];
    for (let seq = 1; seq < Math.max(...seen); seq++) if (!seen.has(seq)) gaps.push([seq, seq]);
    return new Response(JSON.stringify({ gaps }));
  };
  const sink = createSink({ url: '/api', clock: fast.clock, fetch: network, random: createChance(3), area, sender: 1 });
  const heapMB = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };
  const stepMs = 5_000;
  const steps = 86_400_000 / stepMs;
  let given = 0;
  let mostStored = 0;
  let beforeMB = 0;
  for (let step = 0; step < steps; step++) {
    while (given < (events * (step + 1)) / steps) {
      sink.observe(observationOf('attempt', `feature${given % 40}`, fast.clock.now()), subject);
      given++;
    }
    await fast.advance(stepMs);
    const stored = [...area.items].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    mostStored = Math.max(mostStored, stored);
    if (step === 100) beforeMB = heapMB();
  }
  const heapGrowthMB = heapMB() - beforeMB;
  const storedBuckets = [...area.items.values()].reduce(
    (sum, value) => sum + (JSON.parse(value.slice(8)) as { buckets: unknown[] }).buckets.length,
    0,
  );
  isOnline = true;
  for (let round = 0; round < 30; round++) {
    sink.flush?.();
    await fast.advance(60_000);
  }
  sink.close?.();
  await fast.advance(60_000);
  const mostInMemory = buckets - storedBuckets;
  const seconds = (performance.now() - startedMs) / 1_000;
  return { given, arrived, counted, mostInMemory, mostStored, heapGrowthMB, requestsOffline, seconds };
}

export interface LoopResult {
  readonly errors: number;
  readonly mostRequestsInASecond: number;
  readonly mostFaultsInASecond: number;
  /** µs of one failure where many come at once. */
  readonly usEach: number;
}

/** A host that reports our failures to us, over and over: each fault makes failures, on top of 10,000 a second. */
export async function loopOwnFailures(
  answer: 'throws' | '429' | '500' | 'accepts',
  seconds: number,
): Promise<LoopResult> {
  const fast = createFastClock(1_795_244_451_480);
  const requests: number[] = [];
  const faults: number[] = [];
  let errors = 0;
  const network: typeof fetch = async () => {
    requests.push(fast.clock.now());
    if (answer === 'throws') throw new TypeError('own');
    return new Response('{}', { status: answer === 'accepts' ? 200 : Number(answer) });
  };
  const fail = () => {
    errors++;
    sink.observe(observationOf('failure', 'panel', fast.clock.now()), subject);
  };
  const sink = createSink({
    url: '/api',
    clock: fast.clock,
    fetch: network,
    random: createChance(5),
    area: new Area(),
    sender: 1,
    onInternalFault() {
      faults.push(fast.clock.now());
      for (let count = 0; count < 10; count++) fail();
    },
  });
  for (let ms = 0; ms < seconds * 1_000; ms++) {
    for (let count = 0; count < 10; count++) fail();
    await fast.advance(1);
  }
  const startedMs = performance.now();
  for (let count = 0; count < 50_000; count++) fail();
  const usEach = (performance.now() - startedMs) / 50;
  const reported = requests.length;
  sink.close?.();
  const most = (atMs: readonly number[]) =>
    Math.max(0, ...atMs.map((from) => atMs.filter((at) => at >= from && at < from + 1_000).length));
  return {
    errors,
    mostRequestsInASecond: most(requests.slice(0, reported)),
    mostFaultsInASecond: most(faults),
    usEach,
  };
}
