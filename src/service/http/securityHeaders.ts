/** What every answer carries: JSON and events are never a page, in no frame, and tell nobody where they were read. */
const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

/** For public routes: any origin may read them, without credentials. */
const publicOnly = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Date, ETag, Retry-After, X-Request-Id',
  'cross-origin-resource-policy': 'cross-origin',
};

const adminOnly = { 'cross-origin-resource-policy': 'same-origin', vary: 'Authorization' };

/** The answer to a preflight of a public route. */
export const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  // The last two are sent by OFREP clients made for engines that ask for them; here they say nothing.
  'access-control-allow-headers': 'Content-Type, If-None-Match, Last-Event-ID, Cache-Control, Authorization, X-API-Key',
  'access-control-max-age': '86400',
};

/**
 * Sets the headers of an answer.
 * @param isSecure whether the caller came by TLS: elsewhere browsers ignore `Strict-Transport-Security`, and must
 */
export function setSecurityHeaders(headers: Headers, isPublic: boolean, isSecure: boolean): void {
  const extra = { ...always, ...(isPublic ? publicOnly : adminOnly) };
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  if (isSecure) headers.set('strict-transport-security', 'max-age=31536000');
}

/** The same for an answer that is written by hand, without a handler. */
export const rawSecurityHeaders: Readonly<Record<string, string>> = always;
