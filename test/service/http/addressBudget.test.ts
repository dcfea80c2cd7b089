import { expect, test } from 'vitest';
import { createAddressBudget } from '../../../src/service/http/addressBudget.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { createFakeServiceClock } from './fakeServiceClock.js';
import { startRunning } from './running.js';

const refused = (spend: () => void): string | null => {
  try {
    spend();
    return null;
  } catch (error) {
    return (error as { extras: { headers: Record<string, string> } }).extras.headers['retry-after']!;
  }
};

test('lets a whole budget go at once, refills it evenly, and says how long to wait', () => {
  const clock = createFakeServiceClock();
  const budget = createAddressBudget({ clock, perTenSeconds: 10, what: 'batches' });
  for (let at = 0; at < 10; at += 1) budget.spend('192.0.2.1');
  expect(refused(() => budget.spend('192.0.2.1'))).toBe('1');
  expect(refused(() => budget.spend('192.0.2.1', 5))).toBe('5');
  expect(refused(() => budget.spend('::ffff:192.0.2.1'))).toBe('1');
  expect(refused(() => budget.spend('192.0.2.2'))).toBeNull();
  clock.nowMs += 3_000;
  for (let at = 0; at < 3; at += 1) budget.spend('192.0.2.1');
  expect(refused(() => budget.spend('192.0.2.1'))).toBe('1');
  clock.nowMs += 60_000;
  for (let at = 0; at < 10; at += 1) budget.spend('192.0.2.1');
  expect(refused(() => budget.spend('192.0.2.1'))).toBe('1');
});

test('counts the addresses of one IPv6 network together', () => {
  const budget = createAddressBudget({ clock: createFakeServiceClock(), perTenSeconds: 1, what: 'batches' });
  budget.spend('2001:db8:1:2::1');
  expect(refused(() => budget.spend('2001:db8:1:2:ffff::9'))).not.toBeNull();
  expect(refused(() => budget.spend('2001:db8:1:3::1'))).toBeNull();
});

test('lets what is more than a whole budget pass when it is full', () => {
  const clock = createFakeServiceClock();
  const budget = createAddressBudget({ clock, perTenSeconds: 3, what: 'evaluations' });
  budget.spend('192.0.2.1', 10);
  expect(refused(() => budget.spend('192.0.2.1', 10))).toBe('10');
  clock.nowMs += 10_000;
  budget.spend('192.0.2.1', 10);
});

test('remembers few addresses, and those that ask', () => {
  const budget = createAddressBudget({
    clock: createFakeServiceClock(),
    perTenSeconds: 1,
    what: 'batches',
    maxAddresses: 3,
  });
  budget.spend('kept');
  for (let at = 0; at < 1_000; at += 1) {
    budget.spend(`192.0.2.${at}`);
    expect(refused(() => budget.spend('kept'))).not.toBeNull();
  }
  for (let at = 0; at < 3; at += 1) budget.spend(`198.51.100.${at}`);
  expect(refused(() => budget.spend('kept'))).toBeNull();
});

test('gives and takes nothing when the clock is set back', () => {
  const clock = createFakeServiceClock();
  const budget = createAddressBudget({ clock, perTenSeconds: 2, what: 'batches' });
  budget.spend('192.0.2.1');
  clock.nowMs -= 3_600_000;
  budget.spend('192.0.2.1');
  expect(refused(() => budget.spend('192.0.2.1'))).toBe('5');
  clock.nowMs += 5_000;
  budget.spend('192.0.2.1');
});

const seed = { memoryPanel: { enabled: true, percentage: 100 } };
const posts = [
  ['maxMetricsPerAddress', '/api/metrics', {}, 422],
  ['maxConfirmationsPerAddress', '/api/confirm', { streamId: '0'.repeat(32), epoch: 1, revision: 1 }, 200],
  ['maxEvaluationsPerAddress', '/ofrep/v1/evaluate/flags', { context: { targetingKey: 'user-1' } }, 200],
] as const;

test.each(posts)('%s bounds POST %s of one address, not of others', async (option, path, body, usual) => {
  const running = await startRunning(createMemoryStore(seed), { [option]: 2, trustProxy: ['loopback'] });
  const post = (from: string) =>
    running.send('POST', path, body, { token: null, headers: { 'x-forwarded-for': from } });
  const statuses = [];
  for (let at = 0; at < 3; at += 1) statuses.push((await post('198.51.100.1')).status);
  expect(statuses).toEqual([usual, usual, 429]);
  const refusal = await post('198.51.100.1');
  expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.stringify(await refusal.json())).toContain('from this address');
  expect((await post('198.51.100.2')).status).toBe(usual);
  // The others are not counted against it.
  for (const [, other, otherBody, otherUsual] of posts)
    if (other !== path)
      expect(
        (await running.send('POST', other, otherBody, { token: null, headers: { 'x-forwarded-for': '198.51.100.1' } }))
          .status,
      ).toBe(otherUsual);
});

test('believes a forwarded address of a trusted hop alone', async () => {
  const running = await startRunning(createMemoryStore(seed), { maxConfirmationsPerAddress: 2 });
  const body = { streamId: '0'.repeat(32), epoch: 1, revision: 1 };
  const statuses = [];
  for (const from of ['198.51.100.1', '198.51.100.2', '198.51.100.3'])
    statuses.push(
      (await running.send('POST', '/api/confirm', body, { token: null, headers: { 'x-forwarded-for': from } })).status,
    );
  expect(statuses).toEqual([200, 200, 429]);
});
