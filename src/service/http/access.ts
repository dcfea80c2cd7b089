import { createHash, timingSafeEqual } from 'node:crypto';
import { SwitchbackError } from '../../error.js';
import type { ServiceClock } from '../clock.js';
import type { Role } from '../store.js';
import { Problem } from './problem.js';

/** A bearer token that may call admin routes. Only its SHA-256 is kept. */
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
   * @param address socket address of the caller, for the throttle
   * @throws Problem 401, 403, 429; the detail shows a curl command that would work, without the secret
   */
  authorize(request: Request, role: Role, address: string): Actor;
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };
const windowMs = 60_000;
const maxFailures = 10;
const maxAddresses = 1_000;

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/**
 * Makes the gate for admin routes.
 * @throws SwitchbackError `invalid-option` for a token that is too short; the token is not shown
 */
export function createAccess(tokens: readonly ServiceToken[], clock: ServiceClock): Access {
  const known = tokens.map(({ token, role, name }, at) => {
    if (typeof token !== 'string' || token.length < 16)
      throw new SwitchbackError('invalid-option', `tokens[${at}] must be text of at least 16 characters`);
    if (!Object.hasOwn(rank, role))
      throw new SwitchbackError('invalid-option', `tokens[${at}].role must be viewer, operator or admin`);
    return { hash: sha256(token), actor: { name: name ?? role, role } };
  });
  const failures = new Map<string, { count: number; sinceMs: number }>();

  // Only wrong tokens are throttled: behind one proxy address a right one must get through in an emergency.
  const countFailure = (address: string): void => {
    const nowMs = clock.now();
    const found = failures.get(address);
    const entry = found !== undefined && nowMs - found.sinceMs < windowMs ? found : { count: 0, sinceMs: nowMs };
    entry.count += 1;
    failures.delete(address);
    failures.set(address, entry);
    for (const oldest of failures.keys()) {
      if (failures.size <= maxAddresses) break;
      failures.delete(oldest);
    }
    if (entry.count > maxFailures) {
      const retryAfterS = Math.max(1, Math.ceil((entry.sinceMs + windowMs - nowMs) / 1_000));
      throw new Problem('too-many-requests', `too many wrong tokens from this address; wait ${retryAfterS} s`, {
        headers: { 'retry-after': String(retryAfterS) },
      });
    }
  };

  return {
    authorize(request, role, address) {
      const header = request.headers.get('authorization') ?? '';
      const given = /^bearer +(\S+)$/i.exec(header.trim())?.[1];
      if (given === undefined) throw unauthorized(request, header === '' ? 'no token was sent' : 'not a bearer token');
      const hash = sha256(given);
      let actor: Actor | undefined;
      // Every token is compared, so that the time taken says nothing about which one matched.
      for (const candidate of known) if (timingSafeEqual(candidate.hash, hash)) actor = candidate.actor;
      if (actor === undefined) {
        countFailure(address);
        throw unauthorized(request, 'this token is not known here');
      }
      if (rank[actor.role] < rank[role])
        throw new Problem(
          'forbidden',
          `this needs the role ${role}, the token has ${actor.role}; with a token of that role: ${curlOf(request)}`,
        );
      return actor;
    },
  };
}

const unauthorized = (request: Request, what: string): Problem =>
  new Problem('unauthorized', `${what}; try: ${curlOf(request)}`, { headers: { 'www-authenticate': 'Bearer' } });

function curlOf(request: Request): string {
  const url = new URL(request.url);
  const shown = `${url.origin}${url.pathname}`.replace(/[^\w\-./:[\]]/g, '').slice(0, 256);
  const needsNoBody = request.method === 'GET' || url.pathname === '/api/emergency/rollback';
  const body = needsNoBody ? '' : ` -H "Content-Type: application/json" -d '{…}'`;
  const ifMatch = request.method === 'PATCH' ? ` -H 'If-Match: "…"'` : '';
  return `curl -X ${request.method} ${shown} -H "Authorization: Bearer $SWITCHBACK_ADMIN_TOKEN"${ifMatch}${body}`;
}
