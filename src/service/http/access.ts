import { timingSafeEqual } from 'node:crypto';
import { SwitchbackError, type OnInternalFault } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { Role } from '../store.js';
import { hashToken, redactSecrets } from '../tokenSecret.js';
import { Problem, unavailable } from './problem.js';
import { createThrottle } from './throttle.js';
import type { TokenCache } from './tokenCache.js';

/** A bearer token that may call admin routes. Compared by its SHA-256. */
export interface ServiceToken {
  /** At least 16 characters; make them random. */
  readonly token: string;
  readonly role: Role;
  /** Who acts, in the audit. Default: the role. */
  readonly name?: string;
}

/** Who a token belongs to. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

export interface Access {
  /**
   * Finds who calls.
   * @param address of the caller, for the throttle
   * @throws Problem 401, 403, 429; the detail shows a curl command that would work, without the secret
   */
  authorize(request: Request, role: Role, address: string): Promise<Actor>;
  /** Takes tokens out of a text that others will read. */
  redact(text: string): string;
  /** Whether a name is one of a token that was given to this process. */
  isReserved(name: string): boolean;
}

export interface AccessOptions {
  /** Those given to this process; they need no database. */
  readonly tokens: readonly ServiceToken[];
  /** Those in the database. */
  readonly stored: TokenCache;
  readonly clock: ServiceClock;
  readonly onInternalFault: OnInternalFault;
}

interface KnownToken extends Actor {
  readonly hash: Uint8Array;
  readonly expiresAtMs: number | null;
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };
const maxTokenLength = 512;
const quietMs = 10_000;

/**
 * Checks the tokens that a process is given.
 * @throws SwitchbackError `invalid-option` for a token that is too short; the token is not shown
 */
export function readServiceTokens(tokens: readonly ServiceToken[]): readonly KnownToken[] {
  return tokens.map(({ token, role, name }, at) => {
    if (typeof token !== 'string' || token.length < 16 || token.length > maxTokenLength)
      throw new SwitchbackError(
        'invalid-option',
        `tokens[${at}] must be text of at least 16 characters and at most ${maxTokenLength}`,
      );
    if (!Object.hasOwn(rank, role))
      throw new SwitchbackError('invalid-option', `tokens[${at}].role must be viewer, operator or admin`);
    return { hash: hashToken(token), name: name ?? role, role, expiresAtMs: null };
  });
}

/**
 * Makes the gate for admin routes.
 * @throws SwitchbackError `invalid-option`
 */
export function createAccess({ tokens, stored, clock, onInternalFault }: AccessOptions): Access {
  const given = readServiceTokens(tokens);
  const secrets = tokens.map(({ token }) => token);
  const throttle = createThrottle({ clock });
  let toldAtMs = -Infinity;

  const find = (hash: Uint8Array): KnownToken | undefined => {
    let found: KnownToken | undefined;
    // Every token is compared, so that the time taken says nothing about which one matched.
    for (const known of given) if (timingSafeEqual(known.hash, hash)) found = known;
    for (const known of stored.current()) if (timingSafeEqual(known.hash, hash)) found = known;
    return found;
  };

  // Only wrong tokens are throttled: behind one proxy address a right one must get through in an emergency.
  const refuse = (request: Request, address: string, what: string): Problem => {
    const failed = throttle.fail(address);
    if (failed === null) return unauthorized(request, what);
    const { retryAfterS, isFirst } = failed;
    const nowMs = clock.now();
    // Whoever has many addresses must not fill a disk with them.
    if (isFirst && Math.abs(nowMs - toldAtMs) >= quietMs) {
      toldAtMs = nowMs;
      onInternalFault('access', new Error(`many wrong tokens from ${address}; more of them are refused`));
    }
    return new Problem('too-many-requests', `too many wrong tokens from this address; wait ${retryAfterS} s`, {
      headers: { 'retry-after': String(retryAfterS) },
    });
  };

  return {
    async authorize(request, role, address) {
      const header = request.headers.get('authorization') ?? '';
      const secret = /^bearer +(\S+)$/i.exec(header.trim())?.[1];
      if (secret === undefined) throw unauthorized(request, header === '' ? 'no token was sent' : 'not a bearer token');
      if (secret.length > maxTokenLength) throw refuse(request, address, 'this token is not known here');
      const hash = hashToken(secret);
      let actor = find(hash);
      if (actor === undefined) {
        await stored.refreshForMiss();
        actor = find(hash);
      }
      if (actor === undefined) {
        if (!stored.isLoaded()) throw unavailable('the tokens could not be read yet: the database is not reachable');
        throw refuse(request, address, 'this token is not known here');
      }
      if (actor.expiresAtMs !== null && clock.now() >= actor.expiresAtMs)
        throw refuse(request, address, `this token expired at ${new Date(actor.expiresAtMs).toISOString()}`);
      if (rank[actor.role] < rank[role])
        throw new Problem(
          'forbidden',
          `this needs the role ${role}, the token has ${actor.role}; with a token of that role: ${curlOf(request)}`,
        );
      return { name: actor.name, role: actor.role };
    },
    redact: (text) => redactSecrets(text, secrets),
    isReserved: (name) => given.some((known) => known.name === name),
  };
}

const unauthorized = (request: Request, what: string): Problem =>
  new Problem('unauthorized', `${what}; try: ${curlOf(request)}`, { headers: { 'www-authenticate': 'Bearer' } });

function curlOf(request: Request): string {
  const url = new URL(request.url);
  const shown = `${url.origin}${url.pathname}`.replace(/[^\w\-./:[\]]/g, '').slice(0, 256);
  const needsNoBody = ['GET', 'DELETE'].includes(request.method) || url.pathname === '/api/emergency/rollback';
  const body = needsNoBody ? '' : ` -H "Content-Type: application/json" -d '{…}'`;
  const ifMatch = request.method === 'PATCH' ? ` -H 'If-Match: "…"'` : '';
  return `curl -X ${request.method} ${shown} -H "Authorization: Bearer $SWITCHBACK_ADMIN_TOKEN"${ifMatch}${body}`;
}
