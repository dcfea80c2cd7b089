import * as v from 'valibot';
import { featureDocs as docs } from '../openapi/routes/featureDocs.js';
import type { StoredFeature } from '../store.js';
import { changeJson, checkCaps, makeChange, originOf } from './change.js';
import { featureField, reasonField } from './featureBody.js';
import { featureJson } from './featureJson.js';
import { parseFields } from './parseFields.js';
import { refuseField } from './problem.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const reasonFields = { reason: v.exactOptional(reasonField) };
const body = { maxBytes: 65_536, contentTypes: adminContentTypes, optional: true };

/** Takes features out of what is published, and brings them back, off. */
export function retireRoutes(service: Service): readonly Route[] {
  const { store, clock } = service;

  const readCall = async (call: Call) => {
    const { feature } = parseFields({ feature: featureField }, { feature: call.param('key') });
    const { reason } = parseFields(reasonFields, await readJson(call.request, body));
    if (reason === undefined) throw refuseField('/reason', undefined, 'retiring and bringing back need a reason');
    return { feature, origin: originOf(call, reason) };
  };

  const retire = async (call: Call): Promise<Response> => {
    const { feature, origin } = await readCall(call);
    return json(changeJson(await makeChange(service, () => store.retireFeature(feature, origin)), feature));
  };

  const restore = async (call: Call): Promise<Response> => {
    const { feature, origin } = await readCall(call);
    const retired = await callStore(clock, () => store.readRetired());
    const found: StoredFeature | undefined = retired.find((one) => one.feature === feature);
    if (found !== undefined) await checkCaps(service, feature, found);
    return json(changeJson(await makeChange(service, () => store.restoreFeature(feature, origin)), feature));
  };

  const list = async (): Promise<Response> => {
    const retired = await callStore(clock, () => store.readRetired());
    return json({ features: retired.map((feature) => featureJson(feature, [])) });
  };

  const takes = v.strictObject(reasonFields);
  return [
    { method: 'GET', path: '/api/retired', access: 'viewer', doc: docs.listRetired, run: list },
    { method: 'POST', path: '/api/features/:key/retire', access: 'admin', takes, doc: docs.retire, run: retire },
    { method: 'POST', path: '/api/features/:key/restore', access: 'admin', takes, doc: docs.restore, run: restore },
  ];
}
