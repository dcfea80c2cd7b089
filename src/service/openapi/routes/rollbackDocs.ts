import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { change, rollback } from '../shapes/feature.js';
import { order, text } from '../shapes/primitives.js';
import { featureQuery, limitQuery } from './queryDocs.js';

const done = { 200: { description: 'Done, and published by this replica.', schema: change } };
const rollbackTag = { tag: 'rollback' } as const;

/** What the document says of routes that turn v2 off and on. */
export const rollbackDocs = {
  disable: {
    ...rollbackTag,
    id: 'disableFeature',
    summary: 'v1 of a feature for everyone, at once. Needs neither If-Match nor a reason.',
    example: { feature: 'memoryPanel', reason: 'search is broken' },
    answers: done,
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  enable: {
    ...rollbackTag,
    id: 'enableFeature',
    summary: 'Turn a feature on, at a percentage where one is given. Needs a reason; ends its rollback.',
    example: { feature: 'memoryPanel', percentage: 10, reason: 'fixed in 1.4.2' },
    answers: done,
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  setFlag: {
    ...rollbackTag,
    id: 'setFlag',
    summary: 'Turn a feature off, or on with a reason, in the words of earlier flag systems.',
    example: { flag: 'memoryPanel', enabled: false, reason: 'search is broken' },
    answers: done,
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  emergency: {
    ...rollbackTag,
    id: 'emergencyRollback',
    summary: 'v1 of every feature for everyone, at once. Needs no body.',
    bodyIsOptional: true,
    example: { reason: 'logins fail' },
    answers: done,
    problems: ['conflict', 'unavailable'],
  },
  list: {
    ...rollbackTag,
    id: 'listRollbacks',
    summary: 'Rollbacks, newest first; feature null is an emergency.',
    query: { limit: limitQuery, feature: featureQuery },
    answers: {
      200: { description: 'Also those that have ended.', schema: v.object({ rollbacks: v.array(rollback) }) },
    },
    problems: ['invalid-value', 'unavailable'],
  },
  acknowledge: {
    ...rollbackTag,
    id: 'acknowledgeEpoch',
    summary: 'The database went back in time, and somebody has looked: ends that alarm on every replica.',
    bodyIsOptional: true,
    example: { reason: 'restored on purpose, features compared' },
    answers: {
      200: {
        description: 'What is left to be alarmed about.',
        schema: v.object({ ...order, alarms: v.array(text) }),
      },
    },
    problems: ['unavailable'],
  },
  undo: {
    ...rollbackTag,
    id: 'undoRollback',
    summary: 'End a rollback: v2 comes back. Needs a reason; of an emergency, what is not listed stays off.',
    example: { reason: 'the login service is up again', features: ['memoryPanel'] },
    answers: done,
    problems: ['not-found', 'conflict', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
