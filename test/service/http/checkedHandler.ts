import { afterAll, afterEach, expect } from 'vitest';
import type { Handler } from '../../../src/service/http/createHandler.js';
import { checkJson } from '../../harness/checkJson.js';

type Json = Readonly<Record<string, unknown>>;

/** As far as a check of answers reads it. */
export interface OpenapiDocument extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation extends Json {
  readonly operationId: string;
  readonly parameters: readonly Json[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> };
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Answer {
  readonly $ref?: string;
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, { readonly schema: unknown }>>;
}

const faults: string[] = [];
const expectNone = (): void => {
  const found = faults.splice(0);
  expect(found, `answers are not as /api/openapi.json says:\n${found.join('\n')}`).toEqual([]);
};
afterEach(expectNone);
afterAll(expectNone);

export async function readDocument(handler: Handler): Promise<OpenapiDocument> {
  return (await handler.fetch(new Request('http://127.0.0.1/api/openapi.json'))).json() as Promise<OpenapiDocument>;
}

/** Looks up a `#/…` reference. */
export const resolveIn =
  (document: Json) =>
  (ref: string): unknown =>
    ref
      .slice(2)
      .split('/')
      .reduce<unknown>((found, name) => (found as Json | undefined)?.[name], document);

/** The same handler; a test fails when an answer in it is not as the handler's own OpenAPI document says. */
export function checkedHandler(handler: Handler): Handler {
  let document: Promise<OpenapiDocument> | undefined;
  return {
    ...handler,
    async fetch(request, origin) {
      const asked = isSmall(request) ? request.clone() : null;
      const response = await handler.fetch(request, origin);
      const { method, url } = request;
      const path = new URL(url).pathname;
      const contentType = response.headers.get('content-type')?.split(';')[0] ?? null;
      const body = response.body !== null && contentType !== 'text/event-stream' ? await response.clone().text() : '';
      const answer = { status: response.status, headers: response.headers, contentType, body };
      const given = asked === null || !response.ok ? '' : await asked.text().catch(() => '');
      const found = checkAnswer(await (document ??= readDocument(handler)), { method, path, given }, answer);
      for (const fault of found) faults.push(`${method} ${path} → ${response.status}: ${fault}`);
      return response;
    },
  };
}

// Bodies that come in pieces are there to be cut off: whoever copies them reads them whole.
const isSmall = ({ body, headers }: Request): boolean =>
  body !== null && Number(headers.get('content-length') ?? Infinity) < 65_536;

interface Asked {
  readonly method: string;
  readonly path: string;
  /** The body, where it was accepted. */
  readonly given: string;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly contentType: string | null;
  readonly body: string;
}

/** What a document has against an answer. */
export function checkAnswer(document: OpenapiDocument, asked: Asked, answered: Answered): readonly string[] {
  const { method } = asked;
  const { status, contentType, headers, body } = answered;
  const resolve = resolveIn(document);
  const item = document.paths[findPath(document, asked.path) ?? ''];
  if (item === undefined)
    return status === 404 && body.includes('/problems/not-found') ? [] : ['no such path is documented'];
  const operation = item[method === 'HEAD' ? 'get' : method.toLowerCase()];
  if (operation === undefined) {
    const isPreflight = method === 'OPTIONS' && status === 204;
    return isPreflight || status === 405 ? [] : ['no such method is documented'];
  }
  const said = operation.responses[status];
  if (said === undefined) return [`the status is not documented; ${body.slice(0, 200)}`];
  const answer = said.$ref === undefined ? said : (resolve(said.$ref) as Answer);
  const found = Object.keys(answer.headers ?? {}).flatMap((name) => (headers.has(name) ? [] : [`no header ${name}`]));
  if (contentType === null) return answer.content === undefined || method === 'HEAD' ? found : [...found, 'no body'];
  const media = answer.content?.[contentType];
  if (media === undefined) return [...found, `${contentType} is not documented`];
  if (body !== '' && contentType.endsWith('json'))
    found.push(...checkJson(media.schema, JSON.parse(body), { resolve, isClosed: true }));
  const taken = operation.requestBody?.content['application/json'];
  // A batch is taken without its bad buckets.
  const isWhole = !/"rejectedBuckets":[1-9]/.test(body);
  if (asked.given !== '' && taken !== undefined && isWhole) {
    const refused = checkJson(taken.schema, JSON.parse(asked.given), { resolve, isClosed: false });
    found.push(...refused.map((fault) => `accepted, against the document: ${fault}`));
  }
  return found;
}

function findPath(document: OpenapiDocument, path: string): string | undefined {
  if (Object.hasOwn(document.paths, path)) return path;
  return Object.keys(document.paths).find((template) =>
    new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
}
