// Comes in: the route table. Goes out: the OpenAPI 3.1 document of it. Who calls: the route that serves it.
import type * as v from 'valibot';
import { problemStatus, type ProblemKind } from '../http/problem.js';
import { adminContentTypes, publicContentTypes } from '../http/readBody.js';
import { isChange } from '../http/readOnly.js';
import type { Route } from '../http/router.js';
import { tags, type AnswerDoc } from './routeDoc.js';
import { namedSchemas } from './shapes/named.js';
import { problem } from './shapes/problem.js';
import { toJsonSchema, type JsonSchema } from './toJsonSchema.js';

const about = `Flags that turn a v2 on beside its v1, and off again within a second.

Refusals are problem documents (RFC 9457); their \`type\` says what is wrong, \`errors\` which fields. What is no route answers 404, another
method 405 with Allow. Every answer carries X-Request-Id. Readers ignore fields they do not know; bodies with unknown fields are refused.`;

const bearer = {
  type: 'http',
  scheme: 'bearer',
  description: `SWITCHBACK_ADMIN_TOKEN or a token of /api/tokens. Its role is viewer, operator (also: roll back, enable, change) or admin (also: create, tokens); each
operation names the least it needs. No cookies, no CORS.`,
};

/**
 * Says a route table as OpenAPI 3.1.
 * @throws TypeError for a route that says nothing of its answers
 */
export function describeRoutes(routes: readonly Route[]): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    // Types want one; a table made without them must not publish half a document.
    if (!Object.hasOwn(route, 'doc')) throw new TypeError(`[switchback] ${route.method} ${route.path} has no doc`);
    const path = (paths[openapiPath(route.path)] ??= {});
    path[route.method.toLowerCase()] = operationOf(route);
  }
  const schemas = [...namedSchemas].map(([schema, name]) => [name, toJsonSchema(schema, namedSchemas)]);
  const bodies = routes.flatMap(({ takes, doc }) =>
    takes === undefined ? [] : [[bodyNameOf(doc.id), toJsonSchema(takes, namedSchemas)]],
  );
  const problems = routes.flatMap((route) =>
    [...problemsByStatus(route)].map((one) => [refusalName(one), refusalOf(one)]),
  );
  return {
    openapi: '3.1.1',
    info: { title: 'Switchback', version: '1', description: about, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries([...schemas, ...bodies]),
      responses: Object.fromEntries(problems),
      securitySchemes: { bearer },
    },
  };
}

/** `/api/features/:key` as `/api/features/{key}`. */
export const openapiPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

function operationOf(route: Route): JsonSchema {
  const { access, doc } = route;
  const body = bodyOf(route);
  return {
    operationId: doc.id,
    tags: [doc.tag],
    summary: doc.summary,
    ...(access === 'public'
      ? { security: [] }
      : { description: `Role: ${access}.`, security: [{ bearer: [access] }], 'x-role': access }),
    parameters: parametersOf(route),
    ...(body === null ? {} : { requestBody: body }),
    responses: responsesOf(route),
  };
}

const pathParameters: Readonly<Record<string, readonly [description: string, schema: JsonSchema]>> = {
  key: ['A feature.', { type: 'string', maxLength: 64 }],
  id: ['A number, as lists show it.', { type: 'integer', minimum: 1 }],
  order: ['epoch-revision.', { type: 'string', pattern: '^\\d+-\\d+$' }],
};

function parametersOf({ path, doc }: Route): readonly JsonSchema[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const [description, schema] = pathParameters[name] ?? [name, { type: 'string' }];
    return { name, in: 'path', required: true, description, schema };
  });
  const inQuery = Object.entries(doc.query ?? {}).map(([name, { description, schema }]) => ({
    name,
    in: 'query',
    required: false,
    description,
    schema: toJsonSchema(schema),
  }));
  const inHeaders = Object.entries(doc.headers ?? {}).map(([name, { description, required }]) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  }));
  return [...inPath, ...inQuery, ...inHeaders];
}

function bodyOf({ access, takes, doc }: Route): JsonSchema | null {
  if (takes === undefined) return null;
  const media = {
    schema: { $ref: `#/components/schemas/${bodyNameOf(doc.id)}` },
    ...(doc.example === undefined ? {} : { example: doc.example }),
  };
  const types = access === 'public' ? publicContentTypes : adminContentTypes;
  return {
    required: doc.bodyIsOptional !== true,
    content: Object.fromEntries(types.map((type) => [type, media])),
  };
}

const bodyNameOf = (id: string): string => `${id[0]!.toUpperCase()}${id.slice(1)}Body`;

const requestId = { description: 'Names the request, also in the audit.', schema: { type: 'string' } };

function responsesOf(route: Route): JsonSchema {
  const responses: Record<string, JsonSchema> = {};
  for (const [status, answer] of Object.entries(route.doc.answers)) responses[status] = answerOf(answer);
  for (const refusal of problemsByStatus(route)) {
    const [status] = refusal;
    const said = responses[status];
    responses[status] =
      said === undefined
        ? { $ref: `#/components/responses/${refusalName(refusal)}` }
        : { ...said, content: { ...(said['content'] as object | undefined), ...problemContent(refusal) } };
  }
  return responses;
}

/** The problems that one status can mean. */
type Refusal = readonly [status: number, kinds: readonly ProblemKind[]];

function problemsByStatus(route: Route): ReadonlyMap<number, readonly ProblemKind[]> {
  const byStatus = new Map<number, ProblemKind[]>();
  for (const kind of problemsOf(route)) {
    const status = problemStatus(kind);
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind]);
  }
  return byStatus;
}

const refusalName = ([, kinds]: Refusal): string => [...kinds].sort().join('.');

const refusalOf = (refusal: Refusal): JsonSchema => ({
  description: refusal[1].join(', '),
  headers: headersOf(problemHeaders(refusal[0])),
  content: problemContent(refusal),
});

const problemContent = ([status, kinds]: Refusal): JsonSchema => ({
  'application/problem+json': { schema: problemOf(kinds, status) },
});

function problemsOf({ access, changes, method, takes, doc }: Route): ReadonlySet<ProblemKind> {
  const isOfrep = doc.tag === 'ofrep';
  return new Set<ProblemKind>([
    ...doc.problems,
    ...(takes === undefined || isOfrep ? [] : bodyProblems),
    ...(access === 'public' ? [] : accessProblems),
    ...(access !== 'public' && isChange({ method, access, ...(changes === undefined ? {} : { changes }) })
      ? (['read-only'] as const)
      : []),
    'internal-error',
  ]);
}

const accessProblems = ['unauthorized', 'forbidden', 'too-many-requests', 'unavailable'] as const;
const bodyProblems = [
  'invalid-json',
  'invalid-request',
  'body-too-large',
  'unsupported-media-type',
  'invalid-value',
] as const;

const problemOf = (kinds: readonly ProblemKind[], status: number): JsonSchema => ({
  $ref: `#/components/schemas/${namedSchemas.get(problem)}`,
  properties: { type: { enum: kinds.map((kind) => `/problems/${kind}`) }, status: { const: status } },
});

const problemHeaders = (status: number): Readonly<Record<string, string>> =>
  status === 429 || status === 503
    ? { 'Retry-After': 'Seconds.' }
    : status === 401
      ? { 'WWW-Authenticate': 'Bearer.' }
      : {};

function answerOf({ description, schema, contentType, headers = {}, example }: AnswerDoc): JsonSchema {
  const types = [contentType ?? (schema === undefined ? [] : 'application/json')].flat();
  const media = {
    schema: schema === undefined ? { type: 'string' } : schemaOf(schema),
    ...(example === undefined ? {} : { example }),
  };
  const content = Object.fromEntries(types.map((type) => [type, media]));
  return { description, headers: headersOf(headers), ...(types.length === 0 ? {} : { content }) };
}

// Here the named one itself is a reference too.
const schemaOf = (schema: v.GenericSchema): JsonSchema => {
  const name = namedSchemas.get(schema);
  return name === undefined ? toJsonSchema(schema, namedSchemas) : { $ref: `#/components/schemas/${name}` };
};

const headersOf = (headers: Readonly<Record<string, string>>): JsonSchema => ({
  ...Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  ),
  'X-Request-Id': requestId,
});
