import { request } from 'node:http';
import { pipeline } from 'node:stream';

const forwarded = ['/api', '/admin', '/health', '/ofrep', '/metrics'];
// What one connection says of itself, and what only this server may say.
const notForwarded = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
];

/**
 * A Vite plugin that hands the service's routes on, byte by byte, so that the live stream is never buffered, and a broken
 * one breaks at once. `/demo-admin/*` gets the admin token on the way, for the demo's own page alone.
 * @param service from `createService`
 */
export function demoProxy(service) {
  const use = ({ middlewares }) => void middlewares.use((req, res, next) => route(service, req, res, next));
  return { name: 'switchback-demo-proxy', configureServer: use, configurePreviewServer: use };
}

function route(service, req, res, next) {
  const { pathname, search } = new URL(req.url ?? '/', 'http://demo');
  if (forwarded.some((prefix) => pathname === prefix || pathname.startsWith(`${prefix}/`)))
    return forward(service, req, res, pathname + search);
  if (pathname.startsWith('/demo-admin/api/')) {
    if (!isOwnPage(req)) return refuse(res);
    const path = pathname.slice('/demo-admin'.length) + search;
    const authorization = `Bearer ${service.info()?.adminToken}`;
    const ofPage = Object.fromEntries(ofPages.map((name) => [name, undefined]));
    return forward(service, req, res, path, { ...ofPage, authorization, 'x-switchback-source': 'ui' });
  }
  if (pathname === '/demo-control/service' && req.method === 'GET')
    return answer(res, 200, { running: service.isRunning() });
  if (pathname.startsWith('/demo-control/service/') && req.method === 'POST') {
    if (!isOwnPage(req)) return refuse(res);
    return control(service, pathname.slice('/demo-control/service/'.length), res);
  }
  return next();
}

// To the service, the demo's admin request is one of a server: whose page may ask was settled here.
const ofPages = ['origin', 'referer', 'cookie', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'];

/** Whether a request comes from this machine and from the page that this server served. */
function isOwnPage(req) {
  const address = req.socket.remoteAddress ?? '';
  const isLoopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  const { host = '', origin } = req.headers;
  // Another name that leads here would be somebody else's page.
  const isOwnHost = new RegExp(`^(127\\.0\\.0\\.1|localhost):${req.socket.localPort}$`).test(host);
  const isOwnOrigin =
    origin === undefined
      ? req.method === 'GET' && req.headers['sec-fetch-site'] === 'same-origin'
      : origin === `http://${host}`;
  return isLoopback && isOwnHost && isOwnOrigin;
}

function answer(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}

const refuse = (res) =>
  answer(res, 403, {
    status: 403,
    detail: 'only the page of this demo may ask this; others use the command line or a token',
  });

async function control(service, what, res) {
  try {
    if (what === 'kill') await service.kill();
    else if (what === 'start') await service.start();
    else return answer(res, 404, { status: 404, detail: 'kill or start' });
    return answer(res, 200, { running: service.isRunning() });
  } catch (error) {
    return answer(res, 500, { status: 500, detail: error instanceof Error ? error.message : String(error) });
  }
}

function withoutOwn(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !notForwarded.includes(name)));
}

function forward(service, req, res, path, added = {}) {
  const given = Object.entries({ ...withoutOwn(req.headers), ...added });
  const headers = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const upstream = request({ host: '127.0.0.1', port: service.port, method: req.method, path, headers }, (incoming) => {
    res.writeHead(incoming.statusCode ?? 502, withoutOwn(incoming.headers));
    res.flushHeaders();
    // Ends the browser's side when the service's side breaks, so that the page notices at once.
    pipeline(incoming, res, () => {});
  });
  upstream.setNoDelay(true);
  upstream.on('error', () => {
    if (res.headersSent) res.destroy();
    else answer(res, 503, { status: 503, detail: 'the service of the demo is not running' });
  });
  res.on('close', () => upstream.destroy());
  pipeline(req, upstream, () => {});
}
