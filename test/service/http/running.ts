import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createHandler, type Handler, type HandlerOptions } from '../../../src/service/http/createHandler.js';
import { listen } from '../../../src/service/listen.js';
import type { FlagStore } from '../../../src/service/store.js';
import { checkedHandler } from './checkedHandler.js';

export const adminToken = 'admin-token-0123456789';
export const operatorToken = 'operator-token-0123456789';
export const viewerToken = 'viewer-token-0123456789';

/** A service on a real port, with what a test needs to talk to it. */
export interface Running {
  readonly url: string;
  readonly port: number;
  readonly handler: Handler;
  readonly faults: string[];
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  /** Calls an admin route as the admin, or with another token; null sends none. */
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    init?: { token?: string | null; headers?: Record<string, string> },
  ) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export async function startRunning(store: FlagStore, options: Partial<HandlerOptions> = {}): Promise<Running> {
  const faults: string[] = [];
  const bare = createHandler({
    store,
    tokens: [
      { token: adminToken, role: 'admin', name: 'ada' },
      { token: operatorToken, role: 'operator', name: 'otto' },
      { token: viewerToken, role: 'viewer', name: 'vera' },
    ],
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
    ...options,
  });
  const handler = checkedHandler(bare);
  const listener = await listen(handler, { port: 0, host: '127.0.0.1', drainMs: 500 });
  await handler.ready;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    handler.close();
    return (closing ??= listener.close());
  };
  onTestFinished(close);
  return {
    url: listener.url,
    port: listener.port,
    handler,
    faults,
    get: (path, init) => fetch(listener.url + path, init),
    send(method, path, body, { token = adminToken, headers = {} } = {}) {
      const init: RequestInit = {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      };
      return fetch(listener.url + path, init);
    },
    close,
  };
}

export interface StreamedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A live stream over a real socket. */
export interface OpenedStream {
  readonly headers: Headers;
  /** The next event, or an error after 5 s. */
  next(event?: string): Promise<StreamedEvent>;
  /** Ends when the service closed the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<OpenedStream> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const response = await fetch(`${url}/api/events`, { headers, signal: abort.signal });
  const waiting: StreamedEvent[] = [];
  let wake = (): void => {};
  const read = async (): Promise<void> => {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body!) {
        text += decoder.decode(chunk, { stream: true });
        const frames = text.split('\n\n');
        text = frames.pop()!;
        for (const frame of frames) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
          waiting.push({ event: field('event'), id: field('id'), data: JSON.parse(field('data')) });
        }
        wake();
      }
    } catch {
      // Aborted or cut: `ended` says so.
    }
  };
  const ended = read();
  return {
    headers: response.headers,
    async next(event) {
      const untilMs = Date.now() + 5_000;
      for (;;) {
        const at = event === undefined ? 0 : waiting.findIndex((one) => one.event === event);
        const found = waiting[at];
        if (found !== undefined) {
          waiting.splice(0, at + 1);
          return found;
        }
        if (Date.now() > untilMs) throw new Error(`no ${event ?? 'event'} within 5 s`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, 50);
        });
      }
    },
    ended,
    close: () => abort.abort(),
  };
}

/** Sends raw bytes over a socket and reads what comes back until it is enough, the other side closes, or 15 s pass. */
export function exchange(
  port: number,
  send: (socket: Socket) => void,
  isEnough: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => send(socket));
    const timer = setTimeout(() => socket.destroy(), 15_000);
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (isEnough(text)) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}
