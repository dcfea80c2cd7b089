import type { Visibility } from '../../src/client/lease.js';
import type { StreamChannel, StreamLocks } from '../../src/client/source/pageSharing.js';
import { openStorage, type SafeStorage } from '../../src/client/storage.js';
import { createFakeClock, type FakeClock } from '../harness/fakeClock.js';
import { FakeStorage } from './fakeStorage.js';

/** One tab of a browser of our own: its parts are what a client is given. */
export interface FakeTab {
  readonly clock: FakeClock;
  readonly storage: SafeStorage;
  readonly locks: StreamLocks;
  readonly visibility: Visibility;
  openChannel(name: string, onMessage: (message: unknown) => void): StreamChannel;
  /** Writes and removals that reached the storage. */
  writes(): number;
  show(isVisible: boolean): void;
  /** Stops everything in the tab, as a loop without end does. */
  hang(): void;
  /** Stops timers and nothing else, as browsers do to pages that are frozen: messages still arrive. */
  freeze(): void;
  /** Goes on: what came in while it hung is not delivered before `deliver`. */
  thaw(): void;
  deliver(): void;
  /** The tab is gone, without a word. */
  crash(): void;
}

export interface FakeBrowser {
  readonly items: Map<string, string>;
  open(startMs?: number): FakeTab;
  /** Time passes in all tabs. */
  advance(ms: number, stepMs?: number): Promise<void>;
}

class SharedStorage extends FakeStorage {
  constructor(
    override readonly items: Map<string, string>,
    readonly written: (key: string) => void,
  ) {
    super();
  }
  override setItem(key: string, value: string): void {
    super.setItem(key, value);
    this.written(key);
  }
  override removeItem(key: string): void {
    super.removeItem(key);
    this.written(key);
  }
}

interface Request {
  readonly tab: object;
  readonly name: string;
  readonly deliver: (run: () => void) => void;
  readonly run: () => Promise<void>;
  readonly settle: (error?: unknown) => void;
}

const taken = () => new DOMException('taken', 'AbortError');

/** Locks as browsers grant them: in order, and stolen on demand. */
function createLockManager() {
  const held = new Map<string, Request>();
  let waiting: Request[] = [];

  const grant = (request: Request): void => {
    held.set(request.name, request);
    request.deliver(() => {
      void request.run().then(() => {
        request.settle();
        letGo(request);
      });
    });
  };
  const letGo = (request: Request): void => {
    const { name } = request;
    if (held.get(name) !== request) return;
    held.delete(name);
    const next = waiting.find((other) => other.name === name);
    waiting = waiting.filter((other) => other !== next);
    if (next) grant(next);
  };

  return {
    locksOf: (tab: object, deliver: (run: () => void) => void): StreamLocks => ({
      query: async () => ({ held: [...held.values()], pending: waiting }),
      request: (name, options, run) =>
        new Promise<void>((resolve, reject) => {
          const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error));
          const request: Request = { tab, name, deliver, run, settle };
          if ('steal' in options) {
            const robbed = held.get(name);
            robbed?.deliver(() => robbed.settle(taken()));
            return grant(request);
          }
          options.signal.addEventListener('abort', () => {
            if (!waiting.includes(request)) return;
            waiting = waiting.filter((other) => other !== request);
            deliver(() => settle(taken()));
          });
          if (held.has(name)) waiting.push(request);
          else grant(request);
        }),
    }),
    forget(tab: object): void {
      waiting = waiting.filter((request) => request.tab !== tab);
      for (const request of held.values()) if (request.tab === tab) letGo(request);
    },
  };
}

export function createFakeBrowser(): FakeBrowser {
  const items = new Map<string, string>();
  const manager = createLockManager();
  const channels = new Set<{
    readonly tab: object;
    readonly name: string;
    readonly hear: (message: unknown) => void;
  }>();
  const tabs = new Set<{ readonly advance: (ms: number) => Promise<void>; readonly hear: (key: string) => void }>();

  return {
    items,
    open(startMs) {
      const clock = createFakeClock(startMs);
      const events = new EventTarget();
      const visibilityEvents = new EventTarget();
      let isVisible = true;
      let isHung = false;
      let isFrozen = false;
      let isGone = false;
      let writes = 0;
      let missedMs = 0;
      const inbox: (() => void)[] = [];
      const deliver = (run: () => void): void => {
        inbox.push(run);
        setTimeout(flush, 0);
      };
      const flush = (): void => {
        if (isHung || isGone) return;
        for (const run of inbox.splice(0)) run();
      };
      const own = {
        async advance(ms: number) {
          if (isHung || isGone) missedMs += ms;
          else if (isFrozen) clock.jump(ms);
          else await clock.advance(ms);
        },
        hear: (key: string) =>
          deliver(() => void events.dispatchEvent(Object.assign(new Event('storage'), { key, storageArea: null }))),
      };
      tabs.add(own);
      const written = (key: string): void => {
        writes++;
        for (const tab of tabs) if (tab !== own) tab.hear(key);
      };
      return {
        clock,
        storage: openStorage(new SharedStorage(items, written), undefined, events),
        locks: manager.locksOf(own, deliver),
        openChannel(name, onMessage) {
          const channel = { tab: own, name, hear: (message: unknown) => deliver(() => isOpen && onMessage(message)) };
          let isOpen = true;
          channels.add(channel);
          return {
            postMessage(message) {
              if (!isOpen) throw new DOMException('closed', 'InvalidStateError');
              const copy = JSON.stringify(message);
              for (const other of channels) if (other !== channel && other.name === name) other.hear(JSON.parse(copy));
            },
            close() {
              isOpen = false;
              channels.delete(channel);
            },
          };
        },
        visibility: {
          isVisible: () => isVisible,
          subscribe(listener) {
            visibilityEvents.addEventListener('change', listener);
            return () => visibilityEvents.removeEventListener('change', listener);
          },
        },
        writes: () => writes,
        show(visible) {
          isVisible = visible;
          visibilityEvents.dispatchEvent(new Event('change'));
        },
        hang() {
          isHung = true;
        },
        freeze() {
          isFrozen = true;
        },
        thaw() {
          isHung = isFrozen = false;
          clock.jump(missedMs);
          missedMs = 0;
        },
        deliver: flush,
        crash() {
          isGone = true;
          tabs.delete(own);
          for (const channel of channels) if (channel.tab === own) channels.delete(channel);
          manager.forget(own);
        },
      };
    },
    async advance(ms, stepMs = 500) {
      for (let passedMs = 0; passedMs < ms; passedMs += stepMs)
        await Promise.all([...tabs].map((tab) => tab.advance(Math.min(stepMs, ms - passedMs))));
      await Promise.all([...tabs].map((tab) => tab.advance(0)));
    },
  };
}
