import type { Duplex, Writable } from 'node:stream';

/** Requests that one connection may have under way. Browsers and proxies send one after the other. */
const maxUnderWay = 8;

/**
 * Ends connections that send request after request without reading: each costs its sender a line, and us an answer that is kept.
 * @returns what counts a request until its answer is gone; false: this one is not to be answered
 */
export function limitPipelining(): (socket: Duplex, outgoing: Writable) => boolean {
  const underWay = new WeakMap<Duplex, number>();
  return (socket, outgoing) => {
    // Those that arrived together with the one too many.
    if (socket.destroyed) return false;
    const count = (underWay.get(socket) ?? 0) + 1;
    if (count > maxUnderWay) {
      socket.destroy();
      return false;
    }
    underWay.set(socket, count);
    outgoing.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    return true;
  };
}
