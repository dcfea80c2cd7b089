import { expect, test } from 'vitest';
import { createSettling } from '../../src/client/settling.js';
import { createFakeClock } from '../harness/fakeClock.js';

const settleMs = 2_000;

function setUp() {
  const clock = createFakeClock();
  const settled: string[] = [];
  const member = (name: string) => ({ settle: () => void settled.push(name) });
  return { clock, settled, member, settling: createSettling(clock, settleMs) };
}

test('what is exposed within a frame settles with one timer', async () => {
  const { clock, settled, member, settling } = setUp();
  settling.join(member('a'));
  await clock.advance(15);
  settling.join(member('b'));
  expect(clock.waiting()).toBe(1);
  await clock.advance(1_984);
  expect(settled).toEqual([]);
  await clock.advance(1);
  expect(settled).toEqual(['a', 'b']);
});

test('what is exposed a frame later settles later', async () => {
  const { clock, settled, member, settling } = setUp();
  settling.join(member('a'));
  await clock.advance(16);
  settling.join(member('b'));
  await clock.advance(1_984);
  expect(settled).toEqual(['a']);
  await clock.advance(16);
  expect(settled).toEqual(['a', 'b']);
});

test('one that left does not settle, and the last to leave takes the timer along', async () => {
  const { clock, settled, member, settling } = setUp();
  const [a, b] = [member('a'), member('b')];
  settling.join(a).leave(a);
  expect(clock.waiting()).toBe(0);
  const batch = settling.join(b);
  settling.join(a);
  batch.leave(b);
  await clock.advance(settleMs);
  expect(settled).toEqual(['a']);
});

test('a clock that was set shortens no wait', async () => {
  const { clock, settled, member, settling } = setUp();
  settling.join(member('a'));
  await clock.advance(1_000);
  clock.jump(-1_000);
  clock.jump(-1);
  settling.join(member('b'));
  await clock.advance(1_000);
  expect(settled).toEqual(['a']);
  await clock.advance(1_000);
  expect(settled).toEqual(['a', 'b']);
});
