import * as v from 'valibot';
import type { RouteDoc } from '../routeDoc.js';
import { change, changedFeature, difference, feature, retiredFeature } from '../shapes/feature.js';
import { emergency } from '../shapes/health.js';
import { order } from '../shapes/primitives.js';

const etag = { ETag: 'The row revision; send it as If-Match with a change.' };
const features = { tag: 'features' } as const;

/** What the document says of routes that list, make and change features. */
export const featureDocs = {
  list: {
    ...features,
    id: 'listFeatures',
    summary: 'All features, with their rollbacks.',
    answers: {
      200: {
        description: 'In the order of their keys.',
        schema: v.object({ ...order, emergency, features: v.array(feature) }),
      },
    },
    problems: ['unavailable'],
  },
  create: {
    ...features,
    id: 'createFeature',
    summary: 'Make a feature. Off, unless the body says otherwise.',
    example: { feature: 'memoryPanel', owner: 'team-sessions', description: 'The memory panel, rewritten' },
    answers: { 201: { description: 'Made.', schema: changedFeature, headers: etag } },
    problems: ['conflict', 'unavailable'],
  },
  show: {
    ...features,
    id: 'showFeature',
    summary: 'One feature, also one that is retired.',
    answers: { 200: { description: 'As stored.', schema: v.union([retiredFeature, feature]), headers: etag } },
    problems: ['not-found', 'unavailable'],
  },
  change: {
    ...features,
    id: 'changeFeature',
    summary: 'Change some fields of a feature. What brings more v2 needs a reason.',
    headers: { 'If-Match': { description: 'The ETag of the feature as it was read, or *.', required: true } },
    example: { percentage: 25, reason: 'a day at 10 % without errors' },
    answers: { 200: { description: 'Changed.', schema: changedFeature, headers: etag } },
    problems: ['not-found', 'conflict', 'stale-revision', 'if-match-required', 'unavailable'],
  },
  diff: {
    ...features,
    id: 'compareFeatures',
    summary: 'Compare a document of features with what is. Changes nothing.',
    example: { features: [{ feature: 'memoryPanel', percentage: 25 }] },
    answers: {
      200: { description: 'What an import would change.', schema: v.object({ ...order, ...difference.entries }) },
    },
    problems: ['conflict', 'stale-revision', 'unavailable'],
  },
  bring: {
    ...features,
    id: 'importFeatures',
    summary: 'Bring what is to a document of features: all of it or nothing.',
    example: { features: [{ feature: 'memoryPanel', percentage: 25 }], reason: 'as reviewed' },
    answers: {
      200: { description: 'What was changed.', schema: v.object({ ...change.entries, ...difference.entries }) },
    },
    problems: ['not-found', 'conflict', 'stale-revision', 'unavailable'],
  },
  listRetired: {
    ...features,
    id: 'listRetiredFeatures',
    summary: 'Features that are published no more, the latest first.',
    answers: { 200: { description: 'At most 1,000.', schema: v.object({ features: v.array(retiredFeature) }) } },
    problems: ['unavailable'],
  },
  retire: {
    ...features,
    id: 'retireFeature',
    summary: 'Publish a feature no more: its pages show v1. Needs a reason.',
    example: { reason: 'v2 is all there is since 3.0' },
    answers: { 200: { description: 'Retired.', schema: change } },
    problems: ['not-found', 'conflict', 'unavailable'],
  },
  restore: {
    ...features,
    id: 'restoreFeature',
    summary: 'Bring a retired feature back, off. Needs a reason.',
    example: { reason: 'retired too early' },
    answers: { 200: { description: 'Back.', schema: change } },
    problems: ['not-found', 'conflict', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDoc>>;
