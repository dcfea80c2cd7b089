import { expect, onTestFinished, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import { checksumOf } from '../../../src/migrate/index.js';
import { compareStreams, type StampedEvent, type StreamComparison } from './compareStreams.js';

/** Both streams of a page, open, and what is heard of them. */
async function openStreams(alertRate = 0.01) {
  const address = await commands.startStreams();
  const alerts: StreamComparison[] = [];
  const comparison = compareStreams({ maxAhead: 20, alertRate, onAlert: (one) => alerts.push(one) });
  const heard = { v1: 0, v2: 0 };
  const hear = (side: 'v1' | 'v2') => (event: Event) => {
    heard[side]++;
    comparison.hear(side, JSON.parse(String((event as MessageEvent).data)) as StampedEvent);
  };
  const socket = new WebSocket(`ws://${address}`);
  const stream = new EventSource(`http://${address}`);
  socket.addEventListener('message', hear('v1'));
  stream.addEventListener('message', hear('v2'));
  await vi.waitFor(() => expect([socket.readyState, stream.readyState]).toEqual([1, 1]), 10_000);
  onTestFinished(async () => {
    socket.close();
    stream.close();
    await commands.stopStreams(address);
  });
  const stamped = (sequence: number, payload: unknown) =>
    JSON.stringify({ sequence, checksum: checksumOf(payload), payload });
  const send = (overWebSocket: string | null, overSse: string | null) =>
    commands.sendEvent(address, overWebSocket, overSse);
  const hasHeard = (v1: number, v2: number) => vi.waitFor(() => expect(heard).toEqual({ v1, v2 }), 10_000);
  return { comparison, alerts, stamped, send, hasHeard };
}

test('two streams that bring the same raise no alert', async () => {
  const { comparison, alerts, stamped, send, hasHeard } = await openStreams();
  for (let sequence = 1; sequence <= 100; sequence++) {
    const text = stamped(sequence, { kind: 'health', sequence });
    await send(text, text);
  }
  await hasHeard(100, 100);
  expect(comparison.end()).toEqual({
    compared: 100,
    missing: 0,
    extra: 0,
    different: 0,
    outOfOrder: 0,
    discrepancyRate: 0,
    isAlert: false,
  });
  expect(alerts).toEqual([]);
});

test('what one stream leaves out, brings alone, damages or brings late is found, and told of once', async () => {
  const { comparison, alerts, stamped, send, hasHeard } = await openStreams();
  for (let sequence = 1; sequence <= 50; sequence++) {
    const text = stamped(sequence, { kind: 'error', sequence });
    const damaged = text.replace('"kind":"error"', '"kind":"fine"');
    if (sequence === 7) await send(text, null);
    else if (sequence === 8) await send(null, text);
    else if (sequence === 9) await send(text, damaged);
    else if (sequence !== 10) await send(text, text);
    if (sequence === 11) await send(stamped(10, 'late'), stamped(10, 'late'));
  }
  await hasHeard(49, 49);
  expect(comparison.end()).toMatchObject({ compared: 48, missing: 1, extra: 1, different: 1, outOfOrder: 2 });
  expect(alerts).toHaveLength(1);
  expect(alerts[0]).toMatchObject({ different: 1, isAlert: true });
});
