// What OFREP 0.3 allows in an answer, in our own words: after the protocol's description (open-feature/protocol, service/openapi.yaml
// and service/adrs, Apache-2.0), read with the two corrections it needs: a flag is any of its kinds (the description's "one of"
// rejects every flag that has a value), and a bulk evaluation may hold a flag that was not found.
import * as v from 'valibot';
import { expect } from 'vitest';

const text = v.string();
const reason = v.picklist(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN']);
// Only scalars.
const metadata = v.record(text, v.union([v.boolean(), text, v.number()]));
const integerFrom1 = v.pipe(v.number(), v.integer(), v.minValue(1));

const success = v.looseObject({
  key: v.optional(text),
  reason: v.optional(reason),
  variant: v.optional(text),
  metadata: v.optional(metadata),
  // Without one it is the default of the code.
  value: v.optional(v.union([v.boolean(), text, v.number(), v.looseObject({})])),
  errorCode: v.optional(v.never()),
});
const failure = v.looseObject({
  key: text,
  errorCode: v.picklist(['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL']),
  errorDetails: v.optional(text),
});
const notFound = v.looseObject({
  key: text,
  errorCode: v.literal('FLAG_NOT_FOUND'),
  errorDetails: v.optional(text),
});
const bulkFailure = v.looseObject({ errorCode: text, errorDetails: v.optional(text) });
const generalError = v.looseObject({ errorDetails: v.optional(text) });
const streamBase = { type: text, inactivityDelaySec: v.optional(integerFrom1) };
const eventStream = v.union([
  v.looseObject({ ...streamBase, url: v.pipe(text, v.url()), endpoint: v.optional(v.never()) }),
  v.looseObject({
    ...streamBase,
    endpoint: v.looseObject({
      origin: v.optional(v.pipe(text, v.url())),
      requestUri: v.pipe(text, v.startsWith('/')),
    }),
    url: v.optional(v.never()),
  }),
]);
const bulkSuccess = v.looseObject({
  flags: v.array(v.union([success, failure, notFound])),
  metadata: v.optional(metadata),
  eventStreams: v.optional(v.array(eventStream)),
});

const nothing = v.literal('');
const answers: Readonly<Record<'single' | 'bulk', Readonly<Record<number, v.GenericSchema>>>> = {
  single: { 200: success, 400: failure, 404: notFound, 429: generalError, 500: generalError },
  bulk: { 200: bulkSuccess, 304: nothing, 400: bulkFailure, 429: generalError, 500: generalError },
};

/** The data of one event on the stream; other types are for later versions of the protocol. */
export const refetchEvent = v.looseObject({
  type: v.literal('refetchEvaluation'),
  etag: v.optional(text),
  lastModified: v.optional(v.union([v.pipe(v.number(), v.integer(), v.minValue(0)), text])),
});

/** What the protocol has against an answer; empty when it has nothing. */
export function violationsOf(route: 'single' | 'bulk', status: number, body: unknown): readonly string[] {
  const schema = answers[route][status];
  if (schema === undefined) return [`status ${status} is not in the protocol`];
  const { issues = [] } = v.safeParse(schema, body);
  return issues.map((issue) => `${status} ${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}

/** Reads an answer and holds it to the protocol. */
export async function readAnswer(route: 'single' | 'bulk', response: Response): Promise<Record<string, unknown>> {
  const body = await response.text();
  const read: unknown = body === '' ? '' : JSON.parse(body);
  expect(violationsOf(route, response.status, read)).toEqual([]);
  if (response.status === 429) expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  if (body !== '') expect(response.headers.get('content-type')).toContain('application/json');
  return Object(read);
}
