import { describe, expect, test } from 'vitest';
import { createOfrepCase } from './foreignHarness.js';
import { createHttpCase, startLive } from './httpHarness.js';

const down = () => Promise.reject(new TypeError('down'));

type Http = Awaited<ReturnType<typeof startLive>>;

/** The stream breaks, comes back and speaks. */
async function breakOnce({ events, clock }: Http): Promise<void> {
  const { length } = events.streams;
  events.stream().fail();
  for (let at = 0; at < 400 && events.streams.length === length; at++) await clock.advance(100);
  events.stream().send('hello', { streamId: `s${length}`, now: 1 });
  await clock.advance(0);
}

describe('http', () => {
  test('is degraded once the stream broke three times within a minute, and live again when that is a minute ago', async () => {
    const http = await startLive({ random: () => 0.1 });
    const { heard, clock, events, stop } = http;
    await breakOnce(http);
    await breakOnce(http);
    expect(heard.statuses.at(-1)).toBe('live');
    await breakOnce(http);
    expect(heard.statuses.at(-1)).toBe('degraded');
    for (let beat = 0; beat < 10; beat++) {
      events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
      await clock.advance(8_000);
    }
    expect(heard.statuses.at(-1)).toBe('live');
    expect(heard.statuses.filter((status) => status === 'degraded')).toHaveLength(1);
    stop();
    expect(http.held()).toBe(0);
  });

  test('failures that are further apart do not add up', async () => {
    const http = await startLive({ random: () => 0.1 });
    for (let at = 0; at < 6; at++) {
      await breakOnce(http);
      for (let beat = 0; beat < 4; beat++) {
        http.events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
        await http.clock.advance(8_000);
      }
    }
    expect(http.heard.statuses).not.toContain('degraded');
    http.stop();
  });

  test.each([365, -365])('a clock that is set by %i days counts nothing more or less', async (days) => {
    const http = await startLive({ random: () => 0.1 });
    await breakOnce(http);
    await breakOnce(http);
    http.clock.jump(days * 86_400_000);
    await breakOnce(http);
    expect(http.heard.statuses.at(-1)).toBe('degraded');
    http.stop();
  });

  test('a bye is no failure', async () => {
    const http = await startLive();
    for (let at = 0; at < 4; at++) {
      http.events.stream().send('bye', { retryMs: 100 });
      await http.clock.advance(200);
      http.events.stream().send('hello', { streamId: `b${at}`, now: 1 });
    }
    expect(http.heard.statuses).not.toContain('degraded');
    http.stop();
  });

  test('requests that fail count as well', async () => {
    const http = await startLive();
    http.service.answer = down;
    for (let at = 0; at < 3; at++) {
      http.wake();
      await http.clock.advance(100);
    }
    http.events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
    expect(http.heard.statuses.at(-1)).toBe('degraded');
    http.stop();
  });

  test('where there is no stream it polls or is offline, and is never degraded', async () => {
    const { start, service, heard, clock, stop } = { stop: () => {}, ...createHttpCase({ hasStream: false }) };
    const end = start();
    await clock.advance(0);
    service.answer = down;
    await clock.advance(120_000);
    service.answer = () => undefined;
    await clock.advance(30_000);
    expect(heard.statuses).toEqual(['connecting', 'polling', 'offline', 'polling']);
    end();
    stop();
  });

  test('is offline as soon as the browser says so, asks whether that is so, and comes back with the network', async () => {
    const http = await startLive();
    http.service.answer = down;
    const before = http.gets().length;
    http.goOffline();
    expect(http.heard.statuses.at(-1)).toBe('offline');
    await http.clock.advance(2_000);
    expect(http.gets().length).toBe(before + 1);
    expect(http.heard.statuses.at(-1)).toBe('offline');
    http.service.answer = () => undefined;
    http.wake();
    await http.clock.advance(0);
    expect(http.heard.statuses.at(-1)).toBe('live');
    http.stop();
  });

  test('a browser that is wrong about the network is corrected by the next answer', async () => {
    const http = await startLive();
    http.goOffline();
    await http.clock.advance(2_000);
    expect(http.heard.statuses.slice(-2)).toEqual(['offline', 'live']);
    http.service.answer = down;
    http.goOffline();
    await http.clock.advance(2_000);
    expect(http.heard.statuses.at(-1)).toBe('offline');
    http.events.stream().send('heartbeat', { epoch: 7, revision: 1, now: 1 });
    expect(http.heard.statuses.at(-1)).toBe('live');
    http.stop();
    const polling = createHttpCase({ hasStream: false });
    const stop = polling.start();
    await polling.clock.advance(0);
    polling.goOffline();
    await polling.clock.advance(2_000);
    expect(polling.heard.statuses).toEqual(['connecting', 'polling', 'offline', 'polling']);
    stop();
  });
});

describe('another engine', () => {
  test('is offline as soon as the browser says so, until it answers', async () => {
    const ofrep = createOfrepCase();
    const stop = ofrep.start();
    await ofrep.clock.advance(0);
    ofrep.engine.answer = down;
    ofrep.goOffline();
    expect(ofrep.heard.statuses.at(-1)).toBe('offline');
    await ofrep.clock.advance(2_000);
    expect(ofrep.heard.statuses.at(-1)).toBe('offline');
    ofrep.engine.answer = () => undefined;
    await ofrep.clock.advance(30_000);
    expect(ofrep.heard.statuses.at(-1)).toBe('polling');
    stop();
    expect(ofrep.held()).toBe(0);
  });
});
