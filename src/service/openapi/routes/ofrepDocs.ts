import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { ofrepError, ofrepFailure, ofrepFlag, ofrepFlags, ofrepNotFound } from '../shapes/ofrep.js';
import { lastEventIdQuery } from './queryDocs.js';

const retry = { 'Retry-After': 'Seconds.' };
const busy = {
  429: { description: 'Too many from this address.', schema: ofrepError, headers: retry },
  503: { description: 'Not available right now; outside the protocol.', schema: ofrepError, headers: retry },
};
const refused = { 400: { description: 'The context cannot be evaluated.', schema: ofrepFailure } };
const example = { context: { targetingKey: 'user-42', region: 'eu' } };

/** What the document says of OFREP; errors are the protocol's, not problem documents. */
export const ofrepDocs = {
  single: {
    tag: 'ofrep',
    id: 'evaluateFlag',
    summary: 'Evaluate one flag for a context.',
    example,
    answers: {
      200: { description: 'Evaluated.', schema: ofrepFlag },
      ...refused,
      404: { description: 'No such flag.', schema: ofrepNotFound },
      ...busy,
    },
    problems: [],
  },
  bulk: {
    tag: 'ofrep',
    id: 'evaluateFlags',
    summary: 'Evaluate all flags for a context.',
    headers: { 'If-None-Match': { description: 'The ETag that is known for this context.', required: false } },
    query: {
      flagConfigEtag: {
        description: 'What an event named: an answer is not older, where that can be.',
        schema: v.string(),
      },
    },
    example,
    answers: {
      200: { description: 'Evaluated.', schema: ofrepFlags, headers: { ETag: 'Weak, of this context.' } },
      304: { description: 'Nothing has changed for this context.', headers: { ETag: 'Weak.' } },
      ...refused,
      ...busy,
    },
    problems: [],
  },
  events: {
    tag: 'ofrep',
    id: 'listenByOfrep',
    summary: 'Server-sent events that say: evaluate again.',
    headers: { 'Last-Event-ID': { description: 'Compared for equality alone.', required: false } },
    query: { lastEventId: lastEventIdQuery },
    answers: { 200: { description: 'A stream.', contentType: 'text/event-stream' }, ...busy },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
