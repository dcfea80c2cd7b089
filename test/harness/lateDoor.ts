import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** An address of a database that is not there until it is opened, and goes away when it is closed. */
export interface LateDoor {
  readonly url: string;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps a port on which nobody answers until `open`, and then PostgreSQL itself. */
export async function makeLateDoor(databaseUrl: string): Promise<LateDoor> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const listen = async (port: number): Promise<number> => {
    server = createServer((client) => {
      const database = connect(Number(target.port), target.hostname);
      for (const [socket, other] of [
        [client, database],
        [database, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    const open = server;
    server = null;
    for (const socket of sockets) socket.destroy();
    if (open !== null) await new Promise((resolve) => open.close(resolve));
  };
  const port = await listen(0);
  await close();
  const url = new URL(databaseUrl);
  [url.hostname, url.port] = ['127.0.0.1', String(port)];
  return { url: url.href, open: () => listen(port).then(() => {}), close };
}
