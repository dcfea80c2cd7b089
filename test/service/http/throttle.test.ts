import { expect, test } from 'vitest';
import { createThrottle, networkOf } from '../../../src/service/http/throttle.js';
import { createFakeServiceClock } from './fakeServiceClock.js';

test('lets ten failures pass, says how long to wait after that, and forgets after a minute', () => {
  const clock = createFakeServiceClock();
  const throttle = createThrottle({ clock });
  for (let at = 0; at < 10; at += 1) expect(throttle.fail('192.0.2.1')).toBeNull();
  clock.nowMs += 20_000;
  expect(throttle.fail('192.0.2.1')).toEqual({ retryAfterS: 40, isFirst: true });
  expect(throttle.fail('::ffff:192.0.2.1')).toEqual({ retryAfterS: 40, isFirst: false });
  expect(throttle.fail('192.0.2.2')).toBeNull();
  clock.nowMs += 40_000;
  expect(throttle.fail('192.0.2.1')).toBeNull();
});

test('remembers few addresses, whatever comes', () => {
  const clock = createFakeServiceClock();
  const throttle = createThrottle({ clock, maxFailures: 1, maxAddresses: 3 });
  throttle.fail('kept');
  for (let at = 0; at < 1_000; at += 1) {
    throttle.fail(`192.0.2.${at}`);
    expect(throttle.fail('kept')).not.toBeNull();
  }
  for (let at = 0; at < 3; at += 1) throttle.fail(`198.51.100.${at}`);
  expect(throttle.fail('kept')).toBeNull();
});

test('holds nobody for longer because the clock was set back', () => {
  const clock = createFakeServiceClock();
  const throttle = createThrottle({ clock, maxFailures: 1 });
  throttle.fail('a');
  clock.nowMs -= 31_536_000_000;
  expect(throttle.fail('a')).toBeNull();
  expect(throttle.fail('a')).toMatchObject({ retryAfterS: 60 });
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
