// Browsers that listen, as sockets: thousands of them, each noting when a whole snapshot has come.
import { connect } from 'node:net';

let open = new Set();
let refused = [];
/** Revision → ms of the machine's steady clock, one for each stream that has all of it. */
const arrivedMs = new Map();

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

function listen(url) {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let rest = '';
    let revision = null;
    socket.on('connect', () => {
      socket.write(`GET /api/events HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\n\r\n`);
    });
    socket.on('data', (data) => {
      // Inside a long event only its end is of interest.
      const text = rest + data.latin1Slice();
      if (!open.has(socket)) {
        if (!text.startsWith('HTTP/1.1 200')) refused.push(text.slice(0, 200));
        else open.add(socket);
        resolve();
      }
      let at = 0;
      for (;;) {
        if (revision === null) {
          const found = /event: snapshot\nid: ([\d-]+)\n/g;
          found.lastIndex = at;
          const match = found.exec(text);
          if (match === null) break;
          revision = match[1];
          at = found.lastIndex;
        }
        const end = text.indexOf('\n\n', at);
        if (end < 0) break;
        const times = arrivedMs.get(revision);
        if (times === undefined) arrivedMs.set(revision, [nowMs()]);
        else times.push(nowMs());
        revision = null;
        at = end + 2;
      }
      rest = text.slice(Math.max(at, text.length - 64));
    });
    const lose = () => {
      open.delete(socket);
      resolve();
    };
    socket.on('error', lose);
    socket.on('close', lose);
  });
}

/** Opens `count` streams, 100 at a time. */
export async function openStreams({ url, count }) {
  refused = [];
  const startedMs = nowMs();
  let left = count;
  const opener = async () => {
    while (left > 0) {
      left -= 1;
      await listen(url);
    }
  };
  await Promise.all(Array.from({ length: 100 }, opener));
  return { open: open.size, refused: refused.length, why: refused[0], tookMs: nowMs() - startedMs };
}

export const countStreams = () => open.size;

/** When a revision came, sorted; `all` of the streams, or as many as did within `waitMs`. */
export async function arrivals({ id, all, waitMs }) {
  const untilMs = nowMs() + waitMs;
  while ((arrivedMs.get(id)?.length ?? 0) < all && nowMs() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const times = (arrivedMs.get(id) ?? []).toSorted((a, b) => a - b);
  arrivedMs.clear();
  return times;
}

export async function closeStreams() {
  for (const socket of open) socket.destroy();
  open = new Set();
  arrivedMs.clear();
}
