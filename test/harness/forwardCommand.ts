// What stands between a page and the service in production: a server on the page's origin that passes requests on. A command of
// Vitest's browser mode, because the service refuses changes from pages of other origins.
import type { BrowserCommand } from 'vitest/node';

/** A request or an answer, as it passes between the browser and Node. */
export interface Forwarded {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Sends a request from Node; rejects where nothing answers. */
    forward(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Forwarded>;
  }
}

const forward: BrowserCommand<[method: string, url: string, headers: Record<string, string>, body?: string]> = async (
  _context,
  method,
  url,
  headers,
  body,
): Promise<Forwarded> => {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
};

export const forwardCommand = { forward };
