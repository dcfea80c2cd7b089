import type { EventStream } from '../../src/client/source/streamHost.js';

/** A stream whose events the test sends. */
export interface FakeStream {
  readonly url: string;
  isClosed: boolean;
  /** Sends an event; anything but text is sent as JSON. */
  send(type: string, data: unknown): void;
  fail(): void;
}

/** An EventSource constructor and the streams it has made, oldest first. */
export function createFakeEventSource() {
  const streams: FakeStream[] = [];
  class FakeEventSource implements EventStream, FakeStream {
    readonly #listeners: [string, (event: Event) => void][] = [];
    readonly url: string;
    isClosed = false;
    constructor(url: string) {
      this.url = url;
      streams.push(this);
    }
    addEventListener(type: string, listener: (event: Event) => void): void {
      this.#listeners.push([type, listener]);
    }
    close(): void {
      this.isClosed = true;
    }
    send(type: string, data: unknown): void {
      this.#emit(new MessageEvent(type, { data: typeof data === 'string' ? data : JSON.stringify(data) }));
    }
    fail(): void {
      this.#emit(new Event('error'));
    }
    // A real one goes quiet once closed; this one does not, which is harder on the code under test.
    #emit(event: Event): void {
      for (const [type, listener] of this.#listeners) if (type === event.type) listener(event);
    }
  }
  return {
    FakeEventSource,
    streams,
    /** The newest stream. */
    stream(): FakeStream {
      const last = streams.at(-1);
      if (last === undefined) throw new Error('no stream was opened');
      return last;
    },
  };
}
