import * as v from 'valibot';
import { featureKey, whole } from '../shapes/primitives.js';

export const limitQuery = {
  description: 'How many, newest first. Default 100.',
  schema: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000)),
};

export const featureQuery = { description: 'Of this feature alone.', schema: featureKey };

/** A time, as ms since 1970 or ISO 8601. */
export const timeQuery = (description: string) => ({ description, schema: v.union([whole, v.string()]) });

export const lastEventIdQuery = {
  description: 'The same as Last-Event-ID, for clients that cannot set the header on their first connection.',
  schema: v.string(),
};
