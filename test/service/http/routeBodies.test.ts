import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHandler, type Handler } from '../../../src/service/http/createHandler.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { startTestPostgres, type TestPostgres } from '../../harness/postgres.js';
import { byAda } from '../store/openStore.js';
import { checkedHandler, readDocument } from './checkedHandler.js';
import { adminToken } from './running.js';

let postgres: TestPostgres;
let store: Awaited<ReturnType<typeof createPostgresStore>>;
let handler: Handler;
/** Every route that reads a body: found in the document, so that a new one cannot be forgotten. */
let routes: readonly { readonly method: string; readonly path: string; readonly isOfrep: boolean }[];
const faults: string[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  store = await createPostgresStore({ connectionString: (await postgres.createServiceDatabase()).serviceUrl });
  await store.createFeature('panel', { enabled: true, percentage: 10 }, byAda);
  await store.plans.create('panel', [{ percentage: 50, holdMinutes: 1, gates: [] }], byAda);
  const bare = createHandler({
    store,
    tokens: [{ token: adminToken, role: 'admin', name: 'ada' }],
    onInternalFault: (operation, error) => faults.push(`${operation}: ${String(error)}`),
  });
  handler = checkedHandler(bare);
  await handler.ready;
  const { paths } = await readDocument(handler);
  routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody }]) =>
      requestBody === undefined
        ? []
        : [
            {
              method: method.toUpperCase(),
              path: path.replace('{key}', 'panel').replace(/\{\w+\}/g, '1'),
              isOfrep: path.startsWith('/ofrep/'),
            },
          ],
    ),
  );
});
afterAll(async () => {
  handler.close();
  await store.close();
  await postgres.close();
});

const nested = (levels: number): string => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
const bytes = (...text: number[]) => new Uint8Array(text);
const json = 'application/json';

/** What no route takes, whatever else it does. */
const bodies: readonly (readonly [
  what: string,
  body: string | Uint8Array<ArrayBuffer>,
  statuses: number[],
  type?: string,
])[] = [
  ['half a JSON', '{"feature":"panel",', [400]],
  ['two of them', '{}{}', [400]],
  ['NaN', '{"percentage":NaN}', [400]],
  ['no UTF-8', bytes(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d), [400]],
  ['UTF-8 that is cut off', bytes(0x22, 0xe2, 0x82), [400]],
  ['a list', '[]', [422]],
  ['null', 'null', [422]],
  ['a number', '5', [422]],
  ['text', '"panel"', [422]],
  ['a field nobody knows', '{"colour":"red","feature":"panel"}', [422]],
  ['__proto__', '{"__proto__":{"enabled":false}}', [422]],
  ['constructor', '{"constructor":{"prototype":{"enabled":false}}}', [422]],
  ['nesting', nested(100), [422]],
  ['nesting without an end', '['.repeat(300_000), [413, 422]],
  ['10 MiB', `{"feature":"${'x'.repeat(10 * 1_048_576)}"}`, [413]],
  ['XML', '<feature/>', [415], 'text/xml'],
  // What curl says of -d where nobody told it better; then it has to be JSON.
  ['a form', 'feature=panel', [400, 415], 'application/x-www-form-urlencoded'],
];

// The protocol of OFREP lets a context have any fields, and what does not fit is 400.
const isTaken = (what: string): boolean => ['a field nobody knows', '__proto__', 'constructor'].includes(what);

test('no route that reads a body takes one that is none, answers with a fault, or does anything', async () => {
  expect(routes.length).toBeGreaterThan(15);
  const everything = async () => ({
    state: await store.readState(),
    audit: await store.readAudit({ limit: 1_000 }),
    plans: await store.plans.list({ limit: 100 }),
    tokens: await store.tokens.list(),
  });
  const before = await everything();
  const found: string[] = [];
  for (const { method, path, isOfrep } of routes)
    for (const [what, body, statuses, type = json] of bodies) {
      const request = new Request(`http://127.0.0.1${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': type, 'if-match': '*' },
        body,
      });
      const answer = await handler.fetch(request, { address: '127.0.0.1' });
      const text = await answer.text();
      const expected = isOfrep ? [400, ...(isTaken(what) ? [200] : [])] : statuses;
      const isProblem = isOfrep || answer.headers.get('content-type') === 'application/problem+json';
      if (!expected.includes(answer.status) || !isProblem || (text.length > 4_000 && answer.status !== 200))
        found.push(`${method} ${path} with ${what}: ${answer.status} ${text.slice(0, 200)}`);
    }
  expect(found).toEqual([]);
  expect(await everything()).toEqual(before);
  expect(Object.hasOwn(Object.prototype, 'enabled')).toBe(false);
  // What else a busy machine is late with is no fault of a route.
  expect(faults.filter((fault) => /^(GET|POST|PATCH|DELETE) /.test(fault))).toEqual([]);
}, 60_000);
