import { BlockList, isIP } from 'node:net';
import { showValue, SwitchbackError } from '../../error.js';

/** Who is at the other end, past the proxies that are trusted. */
export interface Client {
  /** Of the browser or the tool, as far as it can be known. */
  readonly address: string;
  /** Whether it speaks TLS, to us or to a trusted proxy. */
  readonly isSecure: boolean;
  /** `X-Forwarded-For` came along, but from a hop that is not trusted. */
  readonly isForwarded: boolean;
}

/** Finds the client of a request; `socketAddress` is the one of the connection. */
export type ClientOf = (request: Request, socketAddress: string) => Client;

const maxHops = 10;

/**
 * Trusts the forwarded headers of these proxies alone; anybody else could write them.
 * @param trusted addresses and networks, such as `10.0.0.7`, `10.0.0.0/8`, `loopback`
 * @throws SwitchbackError `invalid-option`
 */
export function trustProxies(trusted: readonly string[]): ClientOf {
  const hops = new BlockList();
  for (const entry of trusted.flatMap((one) => (one === 'loopback' ? ['127.0.0.0/8', '::1'] : [one]))) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const maxBits = family === 'ipv6' ? 128 : 32;
    const size = bits === undefined ? maxBits : Number(bits);
    if (isIP(address) === 0 || bits === '' || !Number.isInteger(size) || size < 0 || size > maxBits)
      throw new SwitchbackError(
        'invalid-option',
        `a trusted proxy is an address or a network such as 10.0.0.0/8, or loopback, found ${showValue(entry)}`,
      );
    hops.addSubnet(address, size, family);
  }
  const isTrusted = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && hops.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };

  return (request, socketAddress) => {
    const forwarded = request.headers.get('x-forwarded-for');
    const isTls = new URL(request.url).protocol === 'https:';
    let address = plainOf(socketAddress);
    if (!isTrusted(address)) return { address, isSecure: isTls, isForwarded: forwarded !== null };
    // From the right: each trusted hop vouches for the address it wrote, and for no other.
    const said = (forwarded ?? '').slice(-1_024).split(',').slice(-maxHops).reverse();
    for (const one of said) {
      const hop = plainOf(one.trim());
      if (isIP(hop) === 0) break;
      address = hop;
      if (!isTrusted(hop)) break;
    }
    const protocol = (request.headers.get('x-forwarded-proto') ?? '').split(',').at(-1)?.trim().toLowerCase();
    return { address, isSecure: isTls || protocol === 'https', isForwarded: false };
  };
}

const plainOf = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
