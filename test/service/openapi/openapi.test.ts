import * as v from 'valibot';
import { beforeAll, expect, test, vi } from 'vitest';
import { createHandler } from '../../../src/service/http/createHandler.js';
import { createRouter, type Route } from '../../../src/service/http/router.js';
import { describeRoutes, openapiPath } from '../../../src/service/openapi/describeRoutes.js';
import type { BaselineStore } from '../../../src/service/baselines/baselineStore.js';
import type { PlanStore } from '../../../src/service/plans/planStore.js';
import type { StoreProbe } from '../../../src/service/storeProbe.js';
import { checkJson } from '../../harness/checkJson.js';
import { createMemoryStore } from '../../harness/memoryStore.js';
import { createMemoryTokens } from '../../harness/memoryTokens.js';
import { checkAnswer, readDocument, resolveIn, type OpenapiDocument, type Operation } from '../http/checkedHandler.js';

vi.mock('../../../src/service/http/router.js', { spy: true });

let document: OpenapiDocument;
let routes: readonly Route[];

beforeAll(async () => {
  // Everything that brings routes along. Read-only, so that nothing asks the stores.
  const store = {
    ...createMemoryStore(),
    tokens: createMemoryTokens(),
    plans: {} as PlanStore,
    baselines: {} as BaselineStore,
    probe,
  };
  const handler = createHandler({ store, tokens: [], readOnly: true });
  routes = vi.mocked(createRouter).mock.lastCall![0];
  document = await readDocument(handler);
  handler.close();
});

const probe = (): Promise<StoreProbe> => Promise.reject(new Error('not asked'));

const operations = (): readonly (readonly [method: string, path: string, operation: Operation])[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [method, path, operation] as const),
  );

function* nodesOf(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Readonly<Record<string, unknown>>;
  for (const inner of Object.values(value)) yield* nodesOf(inner);
}

test('every route is in the document, and nothing else', () => {
  const inRouter = routes.map(({ method, path }) => `${method} ${openapiPath(path)}`).sort();
  const inDocument = operations()
    .map(([method, path]) => `${method.toUpperCase()} ${path}`)
    .sort();
  expect(inDocument).toEqual(inRouter);
  expect(new Set(inRouter).size).toBe(inRouter.length);
  expect(inRouter.length).toBeGreaterThan(35);
});

test('it is OpenAPI 3.1: operations have ids of their own, references lead somewhere, path parameters are declared', () => {
  expect(document['openapi']).toMatch(/^3\.1\.\d$/);
  expect(document['info']).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  const ids = operations().map(([, , { operationId }]) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/);
  const resolve = resolveIn(document);
  for (const { $ref } of nodesOf(document))
    if ($ref !== undefined) expect(resolve(String($ref)), String($ref)).toBeTypeOf('object');
  const known = new Set((document['tags'] as { name: string }[]).map(({ name }) => name));
  const schemes = (document['components'] as { securitySchemes: object }).securitySchemes;
  for (const [method, path, operation] of operations()) {
    const where = `${method} ${path}`;
    const declared = operation.parameters.filter((one) => one['in'] === 'path').map(({ name }) => name);
    expect(declared, where).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    const names = operation.parameters.map((one) => `${String(one['in'])} ${String(one['name'])}`);
    expect(new Set(names).size, where).toBe(names.length);
    for (const tag of operation['tags'] as string[]) expect(known.has(tag), where).toBe(true);
    for (const security of operation['security'] as object[])
      for (const scheme of Object.keys(security)) expect(schemes, where).toHaveProperty(scheme);
    expect(
      Object.keys(operation.responses).some((status) => /^[23]/.test(status)),
      where,
    ).toBe(true);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect(status, where).toMatch(/^[1-5]\d\d$/);
      expect(answer.$ref === undefined ? answer : resolve(answer.$ref), where).toHaveProperty('description');
    }
  }
});

test('templates do not answer for each other', () => {
  const shapes = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, '{}'));
  expect(new Set(shapes).size).toBe(shapes.length);
});

test('it says of every route who may call it', () => {
  for (const { method, path, access } of routes) {
    const operation = document.paths[openapiPath(path)]![method.toLowerCase()]!;
    expect(operation['security'], path).toEqual(access === 'public' ? [] : [{ bearer: [access] }]);
    expect(operation['x-role'], path).toBe(access === 'public' ? undefined : access);
    expect(Object.keys(operation.responses).includes('401'), path).toBe(access !== 'public');
  }
});

test('a route that reads a body says which, and a route that changes something reads one', () => {
  const without = routes.filter(
    ({ method, takes, path }) => method !== 'GET' && takes === undefined && path !== '/api/doctor',
  );
  expect(without.map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /api/tokens/:id']);
});

test('its examples are as its schemas want them, and as the validators do', () => {
  const resolve = resolveIn(document);
  let examples = 0;
  for (const node of nodesOf(document.paths)) {
    if (!('example' in node)) continue;
    examples += 1;
    expect(checkJson(node['schema'], node['example'], { resolve, isClosed: true })).toEqual([]);
  }
  expect(examples).toBeGreaterThan(15);
  for (const { takes, doc, path } of routes)
    if (takes !== undefined && doc.example !== undefined) expect(v.is(takes, doc.example), path).toBe(true);
});

test('the bodies it describes are those that are validated: limits, patterns and all', () => {
  const media = document.paths['/api/features/enable']!['post']!.requestBody!.content['application/json']!;
  const { $ref } = media.schema as { $ref: string };
  expect(resolveIn(document)($ref)).toMatchObject({
    type: 'object',
    properties: {
      feature: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' },
      percentage: { type: 'number', minimum: 0, maximum: 100 },
      reason: { type: 'string', maxLength: 1_000 },
    },
    required: ['feature'],
    additionalProperties: false,
  });
});

const ask = { method: 'GET', path: '/api/health', given: '' };
const health = {
  status: 'ok',
  writable: true,
  epoch: 1,
  revision: 1,
  emergency: false,
  features: 0,
  kills: 0,
  streams: 0,
  ofrepStreams: 0,
  uptimeSeconds: 0,
  alarms: [],
  export: null,
  delivery: null,
  intake: { batches: { stored: 0, duplicate: 0, limited: 0 }, acceptedBuckets: 0, refused: {}, connections: {} },
};
const answered = (changes: Partial<Parameters<typeof checkAnswer>[2]> & { readonly said?: unknown }) => ({
  status: 200,
  headers: new Headers({ 'x-request-id': 'req-1' }),
  contentType: 'application/json',
  body: JSON.stringify(changes.said ?? health),
  ...changes,
});

test('the check that all tests of the service go through finds nothing against a good answer', () => {
  expect(checkAnswer(document, ask, answered({}))).toEqual([]);
});

test.each([
  ['a status', { status: 418 }, 'the status is not documented'],
  ['a content type', { contentType: 'text/html' }, 'text/html is not documented'],
  ['a body that is not there', { contentType: null, body: '' }, 'no body'],
  ['a header that is missing', { headers: new Headers() }, 'no header X-Request-Id'],
  ['a field that is missing', { said: { ...health, status: undefined } }, 'status is missing'],
  ['a field of another kind', { said: { ...health, features: '0' } }, '/features: a integer'],
  ['a field that nothing says', { said: { ...health, extra: 1 } }, 'nothing says extra'],
  [
    'a problem of another type',
    { status: 500, contentType: 'application/problem+json', said: { type: '/problems/conflict' } },
    '/type: one of',
  ],
])('and finds %s', (_, changes, fault) => {
  expect(checkAnswer(document, ask, answered(changes)).join('\n')).toContain(fault);
});

test.each([
  ['a path', { method: 'GET', path: '/api/unheard', given: '' }, 'no such path is documented'],
  ['a method', { method: 'DELETE', path: '/api/health', given: '' }, 'no such method is documented'],
  [
    'a body that was accepted against the document',
    { method: 'POST', path: '/api/confirm', given: '{"streamId":"no"}' },
    'accepted, against the document: /streamId',
  ],
])('and finds %s', (_, asked, fault) => {
  expect(checkAnswer(document, asked, answered({})).join('\n')).toContain(fault);
});

test('a route without a description is a fault of types and of the document', () => {
  const route = { method: 'GET', path: '/api/new', access: 'public', run: () => new Response() } as const;
  // @ts-expect-error: without a doc nobody knows what it answers
  const bare: Route = route;
  expect(() => describeRoutes([bare])).toThrow(/GET \/api\/new has no doc/);
});
