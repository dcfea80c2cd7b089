import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { baseline, comparedBaseline } from '../shapes/baseline.js';
import { featureQuery, limitQuery, timeQuery } from './queryDocs.js';

/** What the document says of baselines. */
export const baselineDocs = {
  list: {
    tag: 'numbers',
    id: 'listBaselines',
    summary: 'What v1 was before rollouts; newest first.',
    query: { limit: limitQuery, feature: featureQuery },
    answers: { 200: { description: 'All of them.', schema: v.object({ baselines: v.array(baseline) }) } },
    problems: ['invalid-value', 'unavailable'],
  },
  start: {
    tag: 'numbers',
    id: 'startBaseline',
    summary:
      'Record v1 over a window in which nobody has v2: from now on for 48 h, or as two of from, to and hours say.',
    example: { feature: 'memoryPanel', hours: 48 },
    answers: { 201: { description: 'Recording.', schema: baseline, headers: { Location: 'Of the baseline.' } } },
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  show: {
    tag: 'numbers',
    id: 'compareWithBaseline',
    summary:
      'A baseline, and how v1 and v2 of now differ from it. No verdict: the guard compares with v1 of the same time.',
    query: {
      from: timeQuery('Begin of now. Default: an hour before `to`.'),
      to: timeQuery('End of now. Default: now.'),
    },
    answers: {
      200: { description: '`comparison` is null until it is completed.', schema: comparedBaseline },
    },
    problems: ['not-found', 'invalid-value', 'unavailable'],
  },
  cancel: {
    tag: 'numbers',
    id: 'cancelBaseline',
    summary: 'Record no more.',
    bodyIsOptional: true,
    example: { reason: 'started too early' },
    answers: { 200: { description: 'Cancelled.', schema: baseline } },
    problems: ['not-found', 'conflict', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
