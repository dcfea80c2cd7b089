// Globals a browser SDK expects, for a Node process: a happy-dom window plus network stubs.
// Nothing here reaches the network: fetch, XMLHttpRequest and EventSource are all answered in process.
export const net = {
  // An adapter replaces this: (url, init) => plain JSON value, or undefined for an empty 200.
  handler: () => undefined,
  calls: 0,
  streams: new Set(),
  /** Push a server-sent event into every open stub stream. */
  push(type, data) {
    for (const s of net.streams) s.emit(type, JSON.stringify(data));
  },
};

const bodyOf = (url, init) => {
  net.calls++;
  const value = net.handler(String(url?.url ?? url), init ?? {});
  return value === undefined ? '{}' : typeof value === 'string' ? value : JSON.stringify(value);
};

async function stubFetch(url, init) {
  return new Response(bodyOf(url, init), {
    status: 200,
    headers: { 'content-type': 'application/json' },
  });
}

class StubXHR {
  constructor() {
    this.readyState = 0;
    this.status = 0;
    this.responseText = '';
    this.listeners = {};
    this.headers = {};
  }
  open(method, url) {
    this.method = method;
    this.url = url;
    this.readyState = 1;
  }
  setRequestHeader(k, v) {
    this.headers[k] = v;
  }
  getResponseHeader(k) {
    return k.toLowerCase() === 'content-type' ? 'application/json' : null;
  }
  getAllResponseHeaders() {
    return 'content-type: application/json\r\n';
  }
  addEventListener(t, f) {
    (this.listeners[t] ??= []).push(f);
  }
  removeEventListener() {}
  abort() {
    this.aborted = true;
  }
  overrideMimeType() {}
  fire(t) {
    const e = { type: t, target: this, currentTarget: this };
    this['on' + t]?.(e);
    for (const f of this.listeners[t] ?? []) f.call(this, e);
  }
  send(body) {
    queueMicrotask(() => {
      if (this.aborted) return;
      this.status = 200;
      this.statusText = 'OK';
      this.readyState = 4;
      this.responseURL = this.url;
      this.responseText = this.response = bodyOf(this.url, { method: this.method, body, headers: this.headers });
      this.fire('readystatechange');
      this.fire('load');
      this.fire('loadend');
    });
  }
}

class StubEventSource {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSED = 2;
  constructor(url) {
    this.url = String(url);
    this.readyState = 1;
    this.map = {};
    net.streams.add(this);
    queueMicrotask(() => {
      this.onopen?.({ type: 'open' });
      this.emitRaw('open', {});
    });
  }
  addEventListener(t, f) {
    (this.map[t] ??= []).push(f);
  }
  removeEventListener(t, f) {
    this.map[t] = (this.map[t] ?? []).filter((x) => x !== f);
  }
  emitRaw(t, e) {
    for (const f of this.map[t] ?? []) f(e);
  }
  emit(t, data) {
    if (this.readyState === 1) this.emitRaw(t, { type: t, data });
  }
  close() {
    this.readyState = 2;
    net.streams.delete(this);
  }
}

export function installNet(target = globalThis) {
  for (const t of new Set([globalThis, target])) {
    const def = (k, v) => Object.defineProperty(t, k, { value: v, configurable: true, writable: true });
    def('fetch', stubFetch);
    def('XMLHttpRequest', StubXHR);
    def('EventSource', StubEventSource);
  }
}

/** fetch stub only: what a server process has (no XMLHttpRequest, no EventSource, no window). */
export function installServerNet() {
  globalThis.fetch = stubFetch;
}

export async function installDom() {
  const { Window } = await import('happy-dom');
  const win = new Window({ url: 'http://localhost/' });
  const names = [
    'document',
    'location',
    'history',
    'localStorage',
    'sessionStorage',
    'HTMLElement',
    'Element',
    'Node',
    'Text',
    'DocumentFragment',
    'HTMLIFrameElement',
    'HTMLInputElement',
    'MutationObserver',
    'CustomEvent',
    'addEventListener',
    'removeEventListener',
    'dispatchEvent',
    'getComputedStyle',
    'requestAnimationFrame',
    'cancelAnimationFrame',
    'screen',
    'matchMedia',
    'DOMParser',
    'innerWidth',
    'innerHeight',
  ];
  const def = (k, v) => Object.defineProperty(globalThis, k, { value: v, configurable: true, writable: true });
  for (const n of names) {
    const v = win[n];
    def(n, typeof v === 'function' && !/^[A-Z]/.test(n) ? v.bind(win) : v);
  }
  def('window', globalThis);
  def('self', globalThis);
  def('navigator', win.navigator);
  installNet(win);
  return win;
}
