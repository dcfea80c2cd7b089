// A minimal EventSource for Node 20, which has none: by the WHATWG's parsing rules, without reconnecting by itself.

type Listener = (event: Event) => void;

/** Reads `text/event-stream` piece by piece; `dispatch` gets every complete event. */
export function createEventParser(
  dispatch: (type: string, data: string, lastEventId: string) => void,
): (piece: string) => void {
  let rest = '';
  let isStart = true;
  let endedWithCr = false;
  let type = '';
  let data: string[] = [];
  let lastEventId = '';

  const readLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) dispatch(type || 'message', data.join('\n'), lastEventId);
      type = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) lastEventId = value;
  };

  return (piece) => {
    let text = piece;
    if (text === '') return;
    if (isStart && text.startsWith('\uFEFF')) text = text.slice(1);
    isStart = false;
    // The second half of a CRLF that was split.
    if (endedWithCr && text.startsWith('\n')) text = text.slice(1);
    endedWithCr = piece.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) readLine(line);
  };
}

/** EventSource over fetch. An error closes it; the code under test reconnects by itself. */
export class NodeEventSource {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #abort = new AbortController();
  readonly url: string;
  readyState: 0 | 1 | 2 = 0;

  constructor(url: string) {
    this.url = url;
    void this.#read();
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
  }

  close(): void {
    this.readyState = 2;
    this.#abort.abort();
  }

  async #read(): Promise<void> {
    try {
      const { signal } = this.#abort;
      const response = await fetch(this.url, { signal, headers: { accept: 'text/event-stream' } });
      if (response.status !== 200 || response.body === null) throw new Error(`stream ${response.status}`);
      if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream'))
        throw new Error('not an event stream');
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.#emit(new Event('open'));
      const parse = createEventParser((type, data, lastEventId) => {
        if (this.readyState === 1) this.#emit(new MessageEvent(type, { data, lastEventId }));
      });
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      for await (const bytes of response.body) parse(decoder.decode(bytes, { stream: true }));
      throw new Error('stream ended');
    } catch {
      if (this.readyState === 2) return;
      this.readyState = 2;
      this.#emit(new Event('error'));
    }
  }

  #emit(event: Event): void {
    for (const listener of Array.from(this.#listeners.get(event.type) ?? [])) listener(event);
  }
}
