// Readers of the snapshot: each on a connection of its own, asking again as soon as it is answered.
import { bodyOf, openConnection, statusOf } from './wire.mjs';

/** @returns answers by status, seconds and bytes, after a second that is not counted */
export async function readSnapshots({ url, connections, seconds, withEtag }) {
  const { hostname, port, host } = new URL(url);
  const head = `GET /api/snapshot HTTP/1.1\r\nHost: ${host}\r\n`;
  const opened = Array.from({ length: connections }, () => openConnection({ host: hostname, port: Number(port) }));
  const first = await opened[0].send(`${head}\r\n`);
  const etag = /\r\netag: ([^\r]+)/i.exec(first.latin1Slice(0, first.indexOf('\r\n\r\n')))[1];
  const request = Buffer.from(withEtag ? `${head}If-None-Match: ${etag}\r\n\r\n` : `${head}\r\n`);
  const byStatus = {};
  let isCounted = false;
  let isOver = false;
  const ask = async (connection) => {
    while (!isOver) {
      const status = statusOf(await connection.send(request));
      if (isCounted) byStatus[status] = (byStatus[status] ?? 0) + 1;
    }
  };
  const asking = opened.map(ask);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  isCounted = true;
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  isCounted = false;
  const tookMs = performance.now() - startedMs;
  isOver = true;
  await Promise.all(asking);
  for (const connection of opened) connection.close();
  return { byStatus, tookMs, bodyBytes: Buffer.byteLength(bodyOf(first)) };
}
