import { readDocs as docs } from '../openapi/routes/readDocs.js';
import { readCount, readFeatureQuery, readLimit } from './queries.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

/** Who changed what. */
export function readRoutes(service: Service): readonly Route[] {
  const { store, clock } = service;

  const audit = async ({ query }: Call): Promise<Response> => {
    const limit = readLimit(query);
    const feature = readFeatureQuery(query);
    const beforeId = readCount(query, 'before');
    const filter = {
      limit,
      ...(feature === undefined ? {} : { feature }),
      ...(beforeId === undefined ? {} : { beforeId }),
    };
    const entries = await callStore(clock, () => store.readAudit(filter));
    const next = entries.length < limit ? null : (entries.at(-1)?.id ?? null);
    return json({ entries, next });
  };

  return [{ method: 'GET', path: '/api/audit', access: 'viewer', doc: docs.audit, run: audit }];
}
