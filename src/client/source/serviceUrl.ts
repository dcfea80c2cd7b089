import { refuseOption } from '../../error.js';

/** `fetch`, or what stands in for it. */
export type Fetch = typeof globalThis.fetch;

/**
 * Checks the URL of a service's public routes.
 * @returns the URL without slashes at its end
 * @throws SwitchbackError `invalid-option` for anything but a non-empty string
 */
export function readServiceUrl(url: unknown): string {
  if (typeof url !== 'string' || url.trim() === '') refuseOption('url', 'a path or URL', url);
  return url.trim().replace(/\/+$/, '');
}

/** The global fetch, looked up at each call: a host may replace it later, and it must be called on the global. */
export const globalFetch: Fetch = (...given) => globalThis.fetch(...given);
