import * as v from 'valibot';
import { publicDocs as docs } from '../openapi/routes/publicDocs.js';
import { limitRoute, type AddressBudget } from './addressBudget.js';
import { parseFields } from './parseFields.js';
import { Problem } from './problem.js';
import type { Publication } from './publish.js';
import { publicContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, shownOf, type Service } from './service.js';
import { streamHeaders } from './streams.js';

const maxConfirmBytes = 1_024;

/** What a browser needs to follow the rules: the snapshot, the stream, the confirmation. */
export function publicRoutes(service: Service, confirmations: AddressBudget): readonly Route[] {
  const { replica, streams, completion, reports, foreign, revisions } = service;

  const snapshot = async ({ request }: Call): Promise<Response> => {
    const { id, body, etag } = await shownOf(service);
    // A cache must go on with the rules it has as soon as this is over.
    const cacheControl = isDecree(id) ? 'no-store' : 'public, max-age=0, s-maxage=2, stale-if-error=86400';
    const headers = { etag, 'cache-control': cacheControl };
    if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    return new Response(body, { headers: { ...headers, 'content-type': 'application/json' } });
  };

  const immutableSnapshot = async ({ param }: Call): Promise<Response> => {
    const [, epoch, revision] = /^(\d{1,16})-(\d{1,16})$/.exec(param('order')) ?? [];
    const publication = await revisions.find({ epoch: Number(epoch), revision: Number(revision) });
    if (publication === undefined)
      throw new Problem('not-found', 'this revision is not kept any more; read /api/snapshot');
    const headers = {
      etag: publication.etag,
      // What this process adds of its own may be gone tomorrow, at the same revision.
      'cache-control': isWhole(publication) ? 'public, max-age=31536000, immutable' : 'no-store',
      'content-type': 'application/json',
    };
    return new Response(publication.body, { headers });
  };

  const events = async ({ request, query, origin, address }: Call): Promise<Response> => {
    const current = await shownOf(service);
    if (request.method === 'HEAD') return new Response(null, { headers: streamHeaders });
    // EventSource cannot set the header on its first connection.
    const lastEventId = request.headers.get('last-event-id') ?? query.get('lastEventId');
    return streams.open(
      { address, lastEventId: isWhole(current) ? lastEventId : null, disconnect: origin.disconnect },
      current,
    );
  };

  const confirm = async ({ request }: Call): Promise<Response> => {
    const body = await readJson(request, { maxBytes: maxConfirmBytes, contentTypes: publicContentTypes });
    const { streamId, epoch, revision } = parseFields(confirmFields, body);
    const confirmed = streams.confirm(streamId, { epoch, revision });
    if (!confirmed) foreign.pass(streamId, { epoch, revision });
    completion.note(replica.target());
    reports.soon();
    return json({ confirmed });
  };

  return [
    { method: 'GET', path: '/api/snapshot', access: 'public', doc: docs.snapshot, run: snapshot },
    {
      method: 'GET',
      path: '/api/snapshot/:order',
      access: 'public',
      doc: docs.immutableSnapshot,
      run: immutableSnapshot,
    },
    { method: 'GET', path: '/api/events', access: 'public', doc: docs.events, run: events },
    limitRoute(
      {
        method: 'POST',
        path: '/api/confirm',
        access: 'public',
        takes: v.strictObject(confirmFields),
        doc: docs.confirm,
        run: confirm,
      },
      confirmations,
    ),
  ];
}

/** Whether a publication holds kills of this process alone, without rules and without an order. */
const isDecree = (id: string): boolean => id === '0-0';

/** Whether a publication says what the database says, and nothing else. */
const isWhole = ({ etag, id }: Publication): boolean => etag === `W/"${id}"`;

const count = v.pipe(v.number('a whole number'), v.safeInteger('a whole number'), v.minValue(0, '0 or more'));
const confirmFields = {
  streamId: v.pipe(v.string('32 hex digits'), v.regex(/^[0-9a-f]{32}$/, '32 hex digits')),
  epoch: count,
  revision: count,
};

/** Weak comparison of an `If-None-Match` list, as RFC 9110 wants it for GET. */
function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => bare(tag) === bare(etag));
}
