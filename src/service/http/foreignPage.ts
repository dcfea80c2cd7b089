import { Problem } from './problem.js';

/**
 * Refuses an admin request that a page of another origin sends. It could not be answered in a way that page may read, but it would
 * have been done.
 * @throws Problem 403
 */
export function refuseForeignPage(request: Request): void {
  const { headers } = request;
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  // The browser's own word, where it gives one: it also knows the origin in front of a proxy that changes the host.
  if (site === 'same-origin' || site === 'none') return;
  if (site === null && (origin === null || hostOf(origin) === new URL(request.url).host)) return;
  throw new Problem(
    'forbidden',
    'admin routes are not for pages of other origins: call them from a server, the command line, or a page of this origin',
  );
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null);
