import type { Locks, Visibility } from '../lease.js';
import type { EventStreamConstructor } from './streamHost.js';

/** The part of `navigator.locks` that a shared stream uses. */
export interface StreamLocks extends Locks {
  query(): Promise<{ readonly held?: readonly NamedLock[]; readonly pending?: readonly NamedLock[] }>;
}

interface NamedLock {
  readonly name?: string;
}

/** The part of a BroadcastChannel that is used. */
export interface StreamChannel {
  postMessage(message: unknown): void;
  close(): void;
}

/** Where the tabs of one browser meet. */
export interface Sharing {
  readonly locks: StreamLocks;
  /** Tabs with the same URL of the service share a stream. */
  readonly baseUrl: string;
  readonly visibility: Visibility;
  openChannel(name: string, onMessage: (message: unknown) => void): StreamChannel;
  /** Told when the page goes, perhaps to come back from the back/forward cache, and when it comes; returns what ends that. */
  onPage(away: () => void, back: () => void): () => void;
}

/**
 * The page's own.
 * @returns null outside a page, without Web Locks (plain `http:`), and for an EventSource of the host's: it may send who it is
 */
export function pageSharing(EventSource: EventStreamConstructor): Sharing | null {
  const locks = typeof document === 'undefined' ? undefined : globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel === 'undefined' || EventSource !== globalThis.EventSource) return null;
  return {
    locks,
    baseUrl: document.baseURI,
    visibility: {
      isVisible: () => document.visibilityState === 'visible',
      subscribe(listener) {
        document.addEventListener('visibilitychange', listener);
        return () => document.removeEventListener('visibilitychange', listener);
      },
    },
    openChannel(name, onMessage) {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => onMessage(data);
      return channel;
    },
    onPage(away, back) {
      window.addEventListener('pagehide', away);
      window.addEventListener('pageshow', back);
      return () => {
        window.removeEventListener('pagehide', away);
        window.removeEventListener('pageshow', back);
      };
    },
  };
}
