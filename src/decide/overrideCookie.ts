import { parseOverrides, type Override } from './override.js';

/** The cookie that tells servers of overrides, unless it is named otherwise. */
export const overrideCookieName = 'switchback';

/**
 * Reads the overrides of a `Cookie` header or of `document.cookie`.
 * @param header anything; more than 64 Ki characters hold no override; never throws
 */
export function readOverrideCookie(header: unknown, name: string = overrideCookieName): Map<string, Override> {
  if (typeof header === 'string' && header.length <= 65_536)
    for (const pair of header.split(';')) {
      const at = pair.indexOf('=');
      if (at < 0 || pair.slice(0, at).trim() !== name) continue;
      try {
        return parseOverrides(decodeURIComponent(pair.slice(at + 1).trim()));
      } catch {
        break; // not written by us
      }
    }
  return new Map();
}
