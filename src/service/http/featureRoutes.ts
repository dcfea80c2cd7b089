import * as v from 'valibot';
import type { DigestOf } from '../../evaluate/bucket.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import { findChangeIssues } from '../featureConfig.js';
import { featureDocs as docs } from '../openapi/routes/featureDocs.js';
import type { RetiredFeature, StoredRollback } from '../store.js';
import { changeJson, checkCaps, checkEmergency, featureOf, makeChange, originOf } from './change.js';
import { featureField, parsePatch, patchFields } from './featureBody.js';
import { featureJson } from './featureJson.js';
import { parseFields } from './parseFields.js';
import { Problem, refuseField } from './problem.js';
import { raisesV2 } from './raisesV2.js';
import { refuseIssues } from './refuseIssues.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, stateOf, type Service } from './service.js';
import { callStore } from './storeCall.js';

const maxBodyBytes = 1_048_576;
const body = { maxBytes: maxBodyBytes, contentTypes: adminContentTypes };

/** Lists, shows, creates and changes features. */
export function featureRoutes(service: Service, digestOf: DigestOf): readonly Route[] {
  const { store, clock } = service;

  // The history is a courtesy: while the database is away, those in force are known from memory.
  const rollbacksOf = async (feature?: string): Promise<readonly StoredRollback[]> => {
    const { rollbacks } = await stateOf(service);
    const query = feature === undefined ? { limit: 1_000 } : { feature, limit: 20 };
    const history = await callStore(clock, () => store.readRollbacks(query)).catch(() => []);
    const known = new Set(history.map(({ id }) => id));
    return [...history, ...rollbacks.filter(({ id }) => !known.has(id))];
  };

  // Who asks for one that is not published gets it from the database, with `retiredAt`.
  const retiredOf = async (key: string): Promise<RetiredFeature | undefined> => {
    if ((await stateOf(service)).features.has(key) || !isFeatureKey(key)) return undefined;
    const retired = await callStore(clock, () => store.readRetired());
    return retired.find(({ feature }) => feature === key);
  };

  const list = async (): Promise<Response> => {
    const { epoch, revision, features, rollbacks } = await stateOf(service);
    const history = await rollbacksOf();
    const emergency = rollbacks.find(({ feature }) => feature === null);
    return json({
      epoch,
      revision,
      emergency: emergency === undefined ? null : { since: emergency.startedAt, rollbackId: emergency.id },
      features: [...features.values()]
        .sort((a, b) => (a.feature < b.feature ? -1 : 1))
        .map((feature) => featureJson(feature, history)),
    });
  };

  const show = async ({ param }: Call): Promise<Response> => {
    const feature = (await retiredOf(param('key'))) ?? (await featureOf(service, param('key')));
    const history = await rollbacksOf(feature.feature);
    return json(featureJson(feature, history), { headers: { etag: `"${feature.rowRevision}"` } });
  };

  const create = async (call: Call): Promise<Response> => {
    const given = await readJson(call.request, body);
    const isObject = typeof given === 'object' && given !== null && Object.hasOwn(given, 'feature');
    const { feature: key, ...rest } = isObject ? (given as Record<string, unknown>) : { feature: undefined };
    const { feature } = parseFields({ feature: featureField }, { feature: key });
    const { patch, reason } = parsePatch(feature, rest, digestOf);
    refuseIssues(findChangeIssues(null, patch));
    await checkEmergency(service, patch);
    await checkCaps(service, feature, patch);
    const result = await makeChange(service, () => store.createFeature(feature, patch, originOf(call, reason)));
    return respond(201, result, feature);
  };

  const change = async (call: Call): Promise<Response> => {
    const before = await featureOf(service, call.param('key'));
    const { feature } = before;
    const ifRowRevision = readIfMatch(call.request.headers.get('if-match'));
    const { patch, reason } = parsePatch(feature, await readJson(call.request, body), digestOf);
    if (Object.keys(patch).length === 0) throw refuseField('', {}, 'at least one field to change');
    refuseIssues(findChangeIssues(before, patch));
    const isRolledBack = (await stateOf(service)).rollbacks.some((rollback) => rollback.feature === feature);
    if (reason === null && raisesV2(before, patch, isRolledBack))
      throw refuseField('/reason', undefined, 'a change that brings more v2 needs a reason');
    await checkEmergency(service, patch);
    await checkCaps(service, feature, patch);
    const result = await makeChange(service, () =>
      store.changeFeature(feature, patch, ifRowRevision, originOf(call, reason)),
    );
    return respond(200, result, feature);
  };

  const respond = async (status: number, result: Parameters<typeof changeJson>[0], key: string): Promise<Response> => {
    const stored = result.feature;
    const shown = stored === null ? {} : featureJson(stored, await rollbacksOf(key));
    const headers = stored === null ? {} : { etag: `"${stored.rowRevision}"` };
    return json({ ...shown, ...changeJson(result, key) }, { status, headers });
  };

  return [
    { method: 'GET', path: '/api/features', access: 'viewer', doc: docs.list, run: list },
    {
      method: 'POST',
      path: '/api/features',
      access: 'admin',
      takes: v.strictObject({ feature: featureField, ...patchFields }),
      doc: docs.create,
      run: create,
    },
    { method: 'GET', path: '/api/features/:key', access: 'viewer', doc: docs.show, run: show },
    {
      method: 'PATCH',
      path: '/api/features/:key',
      access: 'operator',
      takes: v.strictObject(patchFields),
      doc: docs.change,
      run: change,
    },
  ];
}

const rowRevision = v.pipe(v.string(), v.regex(/^(W\/)?"?\d{1,15}"?$/));

/** The row revision a change is based on; null for `*`. @throws Problem 428 */
function readIfMatch(header: string | null): number | null {
  if (header === null)
    throw new Problem(
      'if-match-required',
      `send If-Match with the ETag of the feature as you read it, such as -H 'If-Match: "3"'`,
    );
  const given = header.trim();
  if (given === '*') return null;
  if (!v.is(rowRevision, given)) throw refuseField('If-Match', header, 'the ETag of a feature, such as "3"');
  return Number(given.replace(/[^\d]/g, ''));
}
