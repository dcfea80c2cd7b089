import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { batchAnswer } from '../shapes/delivery.js';
import { doctorReport } from '../shapes/health.js';
import { auditEntry, featureNumbers, featureVerdict } from '../shapes/numbers.js';
import { whole } from '../shapes/primitives.js';
import { featureQuery, limitQuery, timeQuery } from './queryDocs.js';

/** What the document says of the audit and of numbers. */
export const readDocs = {
  audit: {
    tag: 'numbers',
    id: 'readAudit',
    summary: 'Who changed what, when and why, with before and after; newest first.',
    query: {
      limit: limitQuery,
      feature: featureQuery,
      before: { description: 'Entries before this one: `next` of the page before.', schema: whole },
    },
    answers: {
      200: {
        description: 'A page; `next` is null on the last one.',
        schema: v.object({ entries: v.array(auditEntry), next: v.nullable(whole) }),
      },
    },
    problems: ['invalid-value', 'unavailable'],
  },
  metrics: {
    tag: 'numbers',
    id: 'compareVersions',
    summary: 'v2 beside v1 over a time; only `versions` compare, `outside` is everybody else.',
    query: {
      from: timeQuery('Begin. Default: an hour before `to`.'),
      to: timeQuery('End. Default: now.'),
      step: {
        description: 'Step by step too, 10s to 1d in a length that divides a day; at most 500 steps.',
        schema: v.pipe(v.string(), v.regex(/^\d{1,6}[smhd]$/)),
      },
    },
    answers: { 200: { description: 'Rates are 0–1, durations ms.', schema: featureNumbers } },
    problems: ['not-found', 'invalid-value', 'unavailable'],
  },
  featureVerdict: {
    tag: 'numbers',
    id: 'judgeVersions',
    summary: 'How v1 and v2 are, with reasons: healthy, degraded, critical, or unknown where too little is known.',
    query: {
      from: timeQuery('Begin. Default: 15 minutes before `to`.'),
      to: timeQuery('End. Default: now.'),
    },
    answers: { 200: { description: 'Both versions, and the worst of them.', schema: featureVerdict } },
    problems: ['not-found', 'invalid-value', 'unavailable'],
  },
  doctor: {
    tag: 'health',
    id: 'tryStore',
    summary: 'Try the database in every way that the service needs it. Leaves nothing behind.',
    answers: { 200: { description: 'What works, and what does not.', schema: doctorReport } },
    problems: ['unavailable'],
  },
  send: {
    tag: 'delivery',
    id: 'sendMetrics',
    summary: 'A batch of numbers from a page; answered after it is stored.',
    answers: { 200: { description: 'Stored, or known already by senderId and seq.', schema: batchAnswer } },
    problems: ['too-many-requests', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
