import * as v from 'valibot';
import { tokenDocs as docs } from '../openapi/routes/tokenDocs.js';
import { hashToken, makeTokenSecret } from '../tokenSecret.js';
import type { TokenStore } from '../tokenStore.js';
import type { Access } from './access.js';
import { originOf } from './change.js';
import { reasonField } from './featureBody.js';
import { parseFields } from './parseFields.js';
import { Problem } from './problem.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';
import type { TokenCache } from './tokenCache.js';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9 _.@+-]{0,63}$/;
const nameField = v.pipe(
  v.string('a letter or digit, then up to 63 letters, digits, " ", "_", ".", "@", "+" or "-"'),
  v.regex(namePattern, 'a letter or digit, then up to 63 letters, digits, " ", "_", ".", "@", "+" or "-"'),
);
const maxExpiresS = 315_360_000;
const seconds = `a whole number of seconds, 1 to ${maxExpiresS}`;

/** The body of a new token. */
const tokenFields = {
  name: nameField,
  role: v.picklist(['viewer', 'operator', 'admin'], '"viewer", "operator" or "admin"'),
  expiresInSeconds: v.exactOptional(
    v.pipe(v.number(seconds), v.safeInteger(seconds), v.minValue(1, seconds), v.maxValue(maxExpiresS, seconds)),
  ),
  reason: v.exactOptional(reasonField),
};

export interface TokenRoutesOptions {
  /** Undefined where the store keeps no tokens: then there are no such routes. */
  readonly tokens: TokenStore | undefined;
  readonly cache: TokenCache;
  readonly access: Access;
}

/** Makes, lists and revokes tokens. The secret is in one answer, and nowhere else. */
export function tokenRoutes({ clock }: Service, { tokens, cache, access }: TokenRoutesOptions): readonly Route[] {
  if (tokens === undefined) return [];

  const list = async (): Promise<Response> => json({ tokens: await callStore(clock, () => tokens.list()) });

  const create = async (call: Call): Promise<Response> => {
    const given = await readJson(call.request, { maxBytes: 4_096, contentTypes: adminContentTypes });
    const { name, role, expiresInSeconds, reason } = parseFields(tokenFields, given);
    if (access.isReserved(name))
      throw new Problem('conflict', `${name} is the name of a token this service was started with: take another`);
    const secret = makeTokenSecret();
    const expiresAtMs = expiresInSeconds === undefined ? null : clock.now() + expiresInSeconds * 1_000;
    const hash = hashToken(secret);
    const token = await callStore(clock, () =>
      tokens.create({ name, role, hash, expiresAtMs }, originOf(call, reason ?? null)),
    );
    await cache.refresh();
    return json({ token, secret }, { status: 201 });
  };

  const revoke = async (call: Call): Promise<Response> => {
    const shown = call.param('id');
    if (!/^\d{1,15}$/.test(shown)) throw new Problem('not-found', 'a token has a number; see GET /api/tokens');
    const token = await callStore(clock, () => tokens.revoke(Number(shown), originOf(call, null)));
    await cache.refresh();
    return json({ token });
  };

  return [
    { method: 'GET', path: '/api/tokens', access: 'admin', doc: docs.list, run: list },
    {
      method: 'POST',
      path: '/api/tokens',
      access: 'admin',
      takes: v.strictObject(tokenFields),
      doc: docs.create,
      run: create,
    },
    { method: 'DELETE', path: '/api/tokens/:id', access: 'admin', doc: docs.revoke, run: revoke },
  ];
}
