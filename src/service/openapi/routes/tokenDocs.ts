import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { token } from '../shapes/token.js';

/** What the document says of tokens. */
export const tokenDocs = {
  list: {
    tag: 'tokens',
    id: 'listTokens',
    summary: 'The newest 1,000 tokens, without their secrets.',
    answers: { 200: { description: 'Revoked ones too.', schema: v.object({ tokens: v.array(token) }) } },
    problems: ['unavailable'],
  },
  create: {
    tag: 'tokens',
    id: 'createToken',
    summary: 'Make a token. The secret is in this answer alone.',
    example: { name: 'ada', role: 'operator', expiresInSeconds: 7_776_000 },
    answers: { 201: { description: 'Made.', schema: v.object({ token, secret: v.string() }) } },
    problems: ['conflict', 'unavailable'],
  },
  revoke: {
    tag: 'tokens',
    id: 'revokeToken',
    summary: 'Revoke a token, everywhere within 2 s; again changes nothing.',
    answers: { 200: { description: 'Revoked.', schema: v.object({ token }) } },
    problems: ['not-found', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
