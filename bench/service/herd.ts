// Clients that lose their service together, by the client's own connection code, in simulated time.
import type { Clock } from '../../src/client/clock.js';
import { connect } from '../../src/client/source/connection.js';
import { createLiveStream } from '../../src/client/source/liveStream.js';
import type { EventStream } from '../../src/client/source/streamHost.js';
import type { Order } from '../../src/evaluate/snapshot.js';

/** How the streams end: reset at once, or after a `bye`. */
export type Ending = 'reset' | 'bye';

export interface HerdOptions {
  readonly clients: number;
  readonly outageMs: number;
  readonly ending: Ending;
  /** 0–1. */
  readonly random: () => number;
}

/** Shares of all clients, 0–1. */
export interface HerdResult {
  /** In the busiest second, wherever it begins: streams that opened, tries to open one, and GETs, from the service's return on. */
  readonly opened: number;
  readonly tried: number;
  readonly asked: number;
  /** Until 99 % of them were back, from the service's return. */
  readonly backMs: number;
}

const stepMs = 5;
const runForMs = 120_000;

/** Lets a herd of clients lose its service for `outageMs`, and counts how they come back. */
export async function simulateOutage({ clients, outageMs, ending, random }: HerdOptions): Promise<HerdResult> {
  const clock = createSteppedClock();
  const streams = new Set<FakeStream>();
  const openedMs: number[] = [];
  const triedMs: number[] = [];
  const askedMs: number[] = [];
  let isUp = true;
  const snapshot = { schema: 1, kind: 'rules', epoch: 1, revision: 1, kills: [], features: {}, delivery: {} };

  class FakeStream implements EventStream {
    readonly #listeners = new Map<string, (event: Event) => void>();
    constructor(_url: string) {
      triedMs.push(clock.now());
      clock.after(1, () => {
        if (!isUp) return this.send('error');
        streams.add(this);
        openedMs.push(clock.now());
        this.send('hello', { streamId: '0'.repeat(32), now: clock.now() });
        this.send('snapshot', snapshot);
      });
    }
    addEventListener(type: string, listener: (event: Event) => void): void {
      this.#listeners.set(type, listener);
    }
    close(): void {
      streams.delete(this);
    }
    send(type: string, data?: unknown): void {
      const event = data === undefined ? new Event(type) : new MessageEvent(type, { data: JSON.stringify(data) });
      this.#listeners.get(type)?.(event);
    }
  }

  const fetch = async (): Promise<Response> => {
    askedMs.push(clock.now());
    if (!isUp) throw new TypeError('no service');
    return Response.json(snapshot, { headers: { etag: '"1-1"' } });
  };
  const beat = (): void => {
    if (isUp) for (const stream of streams) stream.send('heartbeat', { epoch: 1, revision: 1, now: clock.now() });
    clock.after(8_000, beat);
  };
  beat();

  const connections = Array.from({ length: clients }, () => {
    let known: Order | null = null;
    return connect({
      url: '/api',
      fetch,
      EventSource: FakeStream,
      clock,
      random,
      onWake: () => () => {},
      loadStream: () => Promise.resolve({ createLiveStream }),
      listener: {
        snapshot: () => (known = { epoch: 1, revision: 1 }),
        kills() {},
        contact() {},
        status() {},
        fault() {},
      },
      order: () => known,
    });
  });
  // Longer than a stream has to live to count as healthy.
  await clock.advance(70_000);
  if (streams.size !== clients) throw new Error(`${streams.size} of ${clients} streams opened`);

  isUp = false;
  for (const stream of streams) {
    if (ending === 'bye') stream.send('bye', { retryMs: Math.floor(random() * 5_000) });
    else stream.send('error');
  }
  await clock.advance(outageMs);
  isUp = true;
  const backAtMs = clock.now();
  for (const times of [openedMs, triedMs, askedMs]) times.length = 0;
  await clock.advance(runForMs);
  if (streams.size !== clients) throw new Error(`${streams.size} of ${clients} streams came back`);
  const result: HerdResult = {
    opened: busiestSecond(openedMs) / clients,
    tried: busiestSecond(triedMs) / clients,
    asked: busiestSecond(askedMs) / clients,
    backMs: (sorted(openedMs)[Math.ceil(clients * 0.99) - 1] ?? Infinity) - backAtMs,
  };
  for (const connection of connections) connection.stop();
  return result;
}

const sorted = (timesMs: readonly number[]): readonly number[] => [...timesMs].sort((a, b) => a - b);

/** The most of these times that fall into any 1,000 ms. */
function busiestSecond(timesMs: readonly number[]): number {
  const inOrder = sorted(timesMs);
  let [most, first] = [0, 0];
  for (const [last, atMs] of inOrder.entries()) {
    while (atMs - (inOrder[first] ?? atMs) >= 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Timers by the step they fall due in; between two steps promises settle. */
function createSteppedClock(): Clock & { advance(ms: number): Promise<void> } {
  const due = new Map<number, Set<() => void>>();
  let nowMs = 1_795_244_451_480;
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const atMs = Math.max(nowMs + stepMs, Math.ceil((nowMs + delayMs) / stepMs) * stepMs);
      const fire = () => run();
      due.set(atMs, (due.get(atMs) ?? new Set()).add(fire));
      return () => void due.get(atMs)?.delete(fire);
    },
    async advance(ms) {
      for (const untilMs = nowMs + ms; nowMs < untilMs;) {
        nowMs += stepMs;
        const now = due.get(nowMs);
        due.delete(nowMs);
        if (now === undefined) continue;
        for (const fire of now) fire();
        for (let turn = 0; turn < 3; turn++) await settle();
      }
      await settle();
    },
  };
}
