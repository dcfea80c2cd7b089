import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { killsSnapshot, snapshot } from '../shapes/delivery.js';
import { featureHealth, health, rollbackStatus } from '../shapes/health.js';
import { flag } from '../shapes/primitives.js';
import { lastEventIdQuery } from './queryDocs.js';

const ifNoneMatch = { 'If-None-Match': { description: 'The ETag that is known.', required: false } };
const lastEventId = { 'Last-Event-ID': { description: 'Compared for equality alone.', required: false } };
const stream = 'text/event-stream';

/** What the document says of routes for pages, and of those that say how the service is. */
export const publicDocs = {
  snapshot: {
    tag: 'delivery',
    id: 'readSnapshot',
    summary: 'The published rules. For pages, polling and caches.',
    headers: ifNoneMatch,
    answers: {
      200: {
        description: 'At this revision; `kills` alone where the environment holds v1 and nothing was read yet.',
        schema: v.union([snapshot, killsSnapshot]),
        headers: { ETag: 'Weak.' },
      },
      304: { description: 'Nothing has changed.', headers: { ETag: 'Weak.' } },
    },
    problems: ['unavailable'],
  },
  immutableSnapshot: {
    tag: 'delivery',
    id: 'readRevision',
    summary: 'The rules of one revision, such as 1795244451480-412; kept for ever by caches.',
    answers: { 200: { description: 'One of the last 50.', schema: snapshot, headers: { ETag: 'Weak.' } } },
    problems: ['not-found'],
  },
  events: {
    tag: 'delivery',
    id: 'listen',
    summary: 'Server-sent events: hello, snapshot or revision on every change, heartbeat, bye.',
    headers: lastEventId,
    query: { lastEventId: lastEventIdQuery },
    answers: { 200: { description: 'A stream; every id is epoch-revision.', contentType: stream } },
    problems: ['too-many-requests', 'unavailable'],
  },
  confirm: {
    tag: 'delivery',
    id: 'confirmRevision',
    summary: 'A page says that it shows a revision.',
    example: { streamId: '0123456789abcdef0123456789abcdef', epoch: 1795244451480, revision: 413 },
    answers: {
      200: { description: 'False where the stream is not known here.', schema: v.object({ confirmed: flag }) },
    },
    problems: ['too-many-requests'],
  },
  health: {
    tag: 'health',
    id: 'readHealth',
    summary: 'Whether the service is well. Degraded still serves every read.',
    answers: {
      200: { description: 'ok or degraded, with the alarms.', schema: health },
      503: { description: 'down: nothing was read from the database yet, and nothing is held on v1.', schema: health },
    },
    problems: [],
  },
  featureHealth: {
    tag: 'health',
    id: 'readFeatureHealth',
    summary: 'What every feature is, in public words.',
    answers: { 200: { description: 'By feature.', schema: featureHealth } },
    problems: ['unavailable'],
  },
  rollbackStatus: {
    tag: 'health',
    id: 'readRollbackStatus',
    summary: 'How far the newest rollback has come, and what holds it up.',
    answers: { 200: { description: 'Counts only.', schema: rollbackStatus } },
    problems: ['unavailable'],
  },
  openapi: {
    tag: 'health',
    id: 'readOpenapi',
    summary: 'This document.',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: v.looseObject({ openapi: v.string() }) } },
    problems: [],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
