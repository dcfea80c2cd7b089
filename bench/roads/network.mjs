// What stands between a browser and the service: a load balancer that can fail, and a cache that knows no streams.
import { createServer as createHttp } from 'node:http';
import { connect, createServer } from 'node:net';

const listening = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** A TCP proxy to the first of several ports that answers. */
export async function startBalancer(ports) {
  const pairs = new Set();
  const join = (incoming, [port, ...others]) => {
    if (port === undefined) return incoming.destroy();
    const outgoing = connect(port, '127.0.0.1');
    const tryOthers = () => join(incoming, others);
    outgoing.once('error', tryOthers);
    outgoing.once('connect', () => {
      outgoing.off('error', tryOthers);
      const pair = { incoming, outgoing, isSwallowing: false };
      pairs.add(pair);
      outgoing.on('error', () => {});
      incoming.resume();
      incoming.on('data', (chunk) => pair.isSwallowing || outgoing.write(chunk));
      outgoing.on('data', (chunk) => pair.isSwallowing || incoming.write(chunk));
      // A hole does not say that anything ended, either.
      outgoing.on('close', () => pair.isSwallowing || incoming.destroy());
      incoming.on('close', () => {
        outgoing.destroy();
        pairs.delete(pair);
      });
    });
  };
  // Nothing is read before there is somebody to read it.
  const server = createServer({ pauseOnConnect: true }, (incoming) => {
    incoming.on('error', () => {});
    join(incoming, ports);
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    reset() {
      for (const { incoming } of pairs) incoming.resetAndDestroy();
    },
    /** Connections that are open stay so, and nothing passes them any more. */
    swallow() {
      for (const pair of pairs) pair.isSwallowing = true;
    },
    close() {
      for (const { incoming } of pairs) incoming.destroy();
      server.close();
    },
  };
}

/** A CDN: snapshots of the service kept for two seconds, a file of its own as `/static/snapshot`, no streams. */
export async function startCdn(serviceUrl) {
  let file = '';
  const kept = new Map();
  const read = async (path, maxAgeMs, get) => {
    const known = kept.get(path);
    if (known !== undefined && Date.now() - known.atMs < maxAgeMs) return known.body;
    const body = await get();
    kept.set(path, { body, atMs: Date.now() });
    return body;
  };
  let fileMs = 0;
  const answer = async (request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    const path = request.url.split('?')[0];
    try {
      if (path === '/static/snapshot') response.end(await read(path, fileMs, () => file));
      else if (path === '/api/snapshot')
        response.end(await read(path, 2_000, async () => (await fetch(`${serviceUrl()}${path}`)).text()));
      else response.writeHead(request.method === 'OPTIONS' ? 204 : 404).end();
    } catch {
      response.writeHead(502).end();
    }
  };
  const server = createHttp((request, response) => void answer(request, response));
  const port = await listening(server);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    publish(snapshot) {
      file = JSON.stringify(snapshot);
    },
    keepFileFor(ms) {
      fileMs = ms;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
