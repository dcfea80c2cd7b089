import { expect, test } from 'vitest';
import { trustProxies } from '../../../src/service/http/clientAddress.js';

const requestOf = (forwardedFor?: string, proto?: string): Request =>
  new Request('http://flags.example/api/health', {
    headers: {
      ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
    },
  });

test.each<[string, string[], string, string | undefined, string]>([
  ['the socket, without a header', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
  ['the socket, when nobody is trusted', [], '10.0.0.1', '1.2.3.4', '10.0.0.1'],
  ['the socket, when this hop is not trusted', ['10.0.0.2'], '10.0.0.1', '1.2.3.4', '10.0.0.1'],
  ['what a trusted hop says', ['10.0.0.1'], '10.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['the last word, not what a caller wrote before it', ['10.0.0.1'], '10.0.0.1', '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  ['the first that is no proxy of ours', ['10.0.0.0/8'], '10.0.0.1', '9.9.9.9, 1.2.3.4, 10.7.7.7', '1.2.3.4'],
  ['the hop before rubbish', ['10.0.0.0/8'], '10.0.0.1', '1.2.3.4, x, 10.7.7.7', '10.7.7.7'],
  ['loopback', ['loopback'], '::ffff:127.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['loopback in IPv6', ['loopback'], '::1', '2001:db8::1', '2001:db8::1'],
  ['a network in IPv6', ['2001:db8::/32'], '2001:db8::1', '1.2.3.4', '1.2.3.4'],
  ['a host that knows no address', ['loopback'], 'unknown', '1.2.3.4', 'unknown'],
])('takes %s', (_, trusted, socket, header, address) => {
  expect(trustProxies(trusted)(requestOf(header), socket).address).toBe(address);
});

test('believes a trusted hop alone that the caller came by TLS', () => {
  const clientOf = trustProxies(['loopback']);
  expect(clientOf(requestOf(undefined, 'https'), '127.0.0.1').isSecure).toBe(true);
  expect(clientOf(requestOf(undefined, 'https'), '192.0.2.1').isSecure).toBe(false);
  expect(clientOf(requestOf(undefined, 'http'), '127.0.0.1').isSecure).toBe(false);
  expect(clientOf(new Request('https://flags.example/'), '192.0.2.1').isSecure).toBe(true);
});

test('a long header costs little', () => {
  const header = `${'1.1.1.1, '.repeat(100_000)}1.2.3.4`;
  expect(trustProxies(['127.0.0.1', '1.0.0.0/8'])(requestOf(header), '127.0.0.1').address).toBe('1.1.1.1');
});

test.each(['', 'proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '1.2.3', '::1/129'])('refuses %j', (entry) => {
  expect(() => trustProxies([entry])).toThrow('a trusted proxy is an address or a network');
});
