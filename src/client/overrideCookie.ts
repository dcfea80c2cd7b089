import { overridesText, type Override } from '../decide/override.js';
import { overrideCookieName, readOverrideCookie } from '../decide/overrideCookie.js';
import { refuseOption } from '../error.js';

/** Choices of version where a server sees them. */
export interface OverrideCookie {
  /** The choice that the cookie has; undefined where there is none. */
  get(feature: string): Override | undefined;
  /** @param override null drops it */
  set(feature: string, override: Override | null): void;
}

/** How the cookie is called and where it is sent. */
export interface OverrideCookieOptions {
  /** Default `switchback`. */
  readonly name?: string | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  /** Default: the page's host alone. */
  readonly domain?: string | undefined;
}

// Browsers keep no cookie for longer.
const maxAgeS = 400 * 86_400;

/**
 * Keeps choices in a cookie as well as in localStorage, so that a server renders the forced version: give it to the policy,
 * `overrides={{ allow, cookie: overrideCookie() }}`, and read it on the server with `withOverrides` of `react-switchback/rsc`.
 * @throws SwitchbackError `invalid-option` for a name, path or domain that a cookie cannot have
 */
export function overrideCookie(options: OverrideCookieOptions = {}): OverrideCookie {
  const { name = overrideCookieName, path = '/', domain } = options;
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(name)) refuseOption('name', "letters, digits or any of !#$%&'*+.^_`|~-", name);
  for (const [field, value = ''] of Object.entries({ path, domain }))
    if (typeof value !== 'string' || /[;\s\p{Cc}]/u.test(value)) refuseOption(field, 'without spaces and ;', value);

  const read = (): Map<string, Override> =>
    readOverrideCookie(typeof document === 'undefined' ? '' : document.cookie, name);
  return {
    get: (feature) => read().get(feature),
    set(feature, override) {
      if (typeof document === 'undefined') return;
      const all = read();
      if (override) all.set(feature, override);
      else all.delete(feature);
      const where = `; path=${path}${domain ? `; domain=${domain}` : ''}; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
      document.cookie = `${name}=${encodeURIComponent(overridesText(all))}; max-age=${all.size ? maxAgeS : 0}${where}`;
    },
  };
}
