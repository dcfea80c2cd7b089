import { expect, test } from 'vitest';
import { simulateOutage } from '../../bench/service/herd.js';

/** The same numbers at every run: what is tested is how they are used. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each(['reset', 'bye'] as const)(
  'of 2,000 clients whose service is away for 5 s (%s), no second brings back more than 15 %%',
  async (ending) => {
    const { opened, tried, backMs } = await simulateOutage({
      clients: 2_000,
      outageMs: 5_000,
      ending,
      random: seeded(1),
    });
    expect(opened).toBeLessThanOrEqual(0.15);
    expect(tried).toBeLessThanOrEqual(0.15);
    expect(backMs).toBeLessThan(30_000);
  },
  60_000,
);
