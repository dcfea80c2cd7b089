import * as v from 'valibot';
import { feature } from './feature.js';
import { text } from './primitives.js';

/** RFC 9457. */
export const problem = v.object({
  type: v.pipe(v.string(), v.regex(/^\/problems\//)),
  title: text,
  status: v.pipe(v.number(), v.safeInteger(), v.minValue(400), v.maxValue(599)),
  detail: text,
  instance: v.pipe(v.string(), v.description('The id of the request, also in X-Request-Id and in the audit')),
  errors: v.exactOptional(v.array(v.object({ pointer: text, value: text, message: text }))),
  current: v.exactOptional(feature),
});
