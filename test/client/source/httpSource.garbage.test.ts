import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStreamEvent, streamEventTypes } from '../../../src/client/source/streamEvent.js';
import { startLive } from './httpHarness.js';
import { snapshotOf } from './recordingListener.js';

const nearlyRight = fc.record(
  {
    streamId: fc.oneof(fc.string(), fc.constant(null)),
    now: fc.oneof(fc.integer(), fc.double(), fc.string()),
    epoch: fc.oneof(fc.constant(7), fc.integer(), fc.string()),
    revision: fc.oneof(fc.nat(9), fc.double(), fc.constant('2')),
    kills: fc.oneof(fc.array(fc.string()), fc.constant('x'), fc.constant({ length: 3 })),
    emergency: fc.anything(),
    spreadMs: fc.oneof(fc.integer(), fc.constant(1e300)),
    retryMs: fc.oneof(fc.integer(), fc.constant('now')),
    delivery: fc.anything(),
  },
  { requiredKeys: [] },
);
const garbage = fc.oneof(
  fc.string(),
  fc.json(),
  nearlyRight.map((value) => JSON.stringify(value) ?? ''),
  fc.constantFrom('', 'null', '[]', '{"__proto__":{"epoch":7}}', '{', '"hello"', '1e999'),
);

test('reads any event without throwing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...streamEventTypes), fc.oneof(garbage, fc.anything()), (type, data) => {
      const event = readStreamEvent(type, data);
      expect(event === undefined || event.type === type).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('never loses a good snapshot after garbage', async () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom(...streamEventTypes, 'error', 'unknown'), garbage), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(pieces, async (sent) => {
      const { clock, events, heard, service, stop, held } = await startLive();
      service.current = snapshotOf(1);
      for (const [type, data] of sent) events.stream().send(type, data);
      // A bye or an error closes the stream: the good one may come by the next, or by a poll.
      const good = snapshotOf(1_000, { epoch: Number.MAX_SAFE_INTEGER });
      service.current = good;
      if (!events.stream().isClosed) events.stream().send('snapshot', good);
      else await clock.advance(40_000);
      expect(heard.snapshots.at(-1)).toEqual(good);
      stop();
      expect(held()).toBe(0);
    }),
    { numRuns: 40 },
  );
}, 60_000);
