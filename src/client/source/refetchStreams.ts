import { SwitchbackError } from '../../error.js';
import type { Clock } from '../clock.js';
import type { EventStream, EventStreamConstructor } from './streamHost.js';

export interface RefetchStreamsOptions {
  readonly EventSource: EventStreamConstructor;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ask again: a stream was opened, or an event said so; `query` is what it wants to be sent along. */
  readonly onRefetch: (query: string) => void;
  readonly onChange: () => void;
  readonly onFault: (error: SwitchbackError) => void;
}

/** The streams that an OFREP engine names in its answers: they only say when to ask again. */
export interface RefetchStreams {
  /** Opens those that are new and closes those that are gone. */
  follow(urls: readonly string[]): void;
  isOpen(): boolean;
  close(): void;
}

interface Link {
  stream: EventStream | undefined;
  isOpen: boolean;
  openedAtMs: number;
  attempt: number;
  cancelReconnect: () => void;
}

const maxStreams = 4;
const healthyMs = 60_000;
const maxReconnectMs = 30_000;

/** @source docs/contracts.md part 10. A URL may hold a token: it is in no message. */
export function createRefetchStreams(options: RefetchStreamsOptions): RefetchStreams {
  const { EventSource, clock, random, onRefetch, onChange, onFault } = options;
  const links = new Map<string, Link>();

  const fault = (how: string, cause?: unknown): void =>
    onFault(new SwitchbackError('stream-failed', `the stream of the engine ${how}`, { cause }));

  const connect = (url: string, link: Link): void => {
    try {
      const stream = (link.stream = new EventSource(url));
      const isCurrent = (): boolean => link.stream === stream;
      stream.addEventListener('open', () => {
        if (!isCurrent()) return;
        link.isOpen = true;
        link.openedAtMs = clock.now();
        onChange();
        // Something may have changed while nobody listened.
        onRefetch('');
      });
      stream.addEventListener('message', (event) => {
        if (!isCurrent()) return;
        const query = readRefetch('data' in event ? event.data : undefined);
        if (query !== undefined) onRefetch(query);
      });
      stream.addEventListener('error', () => {
        if (isCurrent()) lose(url, link);
      });
    } catch (error) {
      lose(url, link, error);
    }
  };
  const disconnect = (link: Link): void => {
    const { stream } = link;
    link.stream = undefined;
    link.isOpen = false;
    link.cancelReconnect();
    stream?.close();
  };
  const lose = (url: string, link: Link, cause?: unknown): void => {
    if (link.isOpen && clock.now() - link.openedAtMs > healthyMs) link.attempt = 0;
    disconnect(link);
    const delayMs = random() * Math.min(maxReconnectMs, 1_000 * 3 ** link.attempt++);
    link.cancelReconnect = clock.after(delayMs, () => connect(url, link));
    fault('is broken', cause);
    onChange();
  };

  return {
    follow(urls) {
      const wanted = new Set(urls.slice(0, maxStreams));
      for (const [url, link] of links) {
        if (wanted.has(url)) continue;
        links.delete(url);
        disconnect(link);
      }
      for (const url of wanted) {
        if (links.has(url)) continue;
        const link = { stream: undefined, isOpen: false, openedAtMs: 0, attempt: 0, cancelReconnect: () => {} };
        links.set(url, link);
        connect(url, link);
      }
    },
    isOpen: () => [...links.values()].some(({ isOpen }) => isOpen),
    close() {
      for (const link of links.values()) disconnect(link);
      links.clear();
    },
  };
}

/** @returns the query of the next evaluation; undefined for an event that asks for none */
function readRefetch(data: unknown): string | undefined {
  let event: Readonly<Record<string, unknown>>;
  try {
    event = Object(JSON.parse(data as string));
  } catch {
    return undefined;
  }
  if (event['type'] !== 'refetchEvaluation') return undefined;
  const query = new URLSearchParams();
  const { etag, lastModified } = event;
  if (typeof etag === 'string') query.set('flagConfigEtag', etag.slice(0, 256));
  if (typeof lastModified === 'string' || typeof lastModified === 'number')
    query.set('flagConfigLastModified', String(lastModified).slice(0, 64));
  return query.toString();
}
