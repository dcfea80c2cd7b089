import * as v from 'valibot';
import { isObject } from '../../evaluate/kind.js';
import { rollbackDocs as docs } from '../openapi/routes/rollbackDocs.js';
import { changeJson, checkCaps, checkEmergency, featureOf, makeChange, originOf } from './change.js';
import { featureField, percentageField, reasonField } from './featureBody.js';
import { parseFields } from './parseFields.js';
import { Problem, refuseField } from './problem.js';
import { readFeatureQuery, readLimit } from './queries.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { withoutSecretText } from './secretText.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const body = { maxBytes: 65_536, contentTypes: adminContentTypes };
const reason = v.exactOptional(reasonField);
const disableFields = { feature: featureField, reason };
const enableFields = { feature: featureField, percentage: v.exactOptional(percentageField), reason };
const flagFields = { flag: featureField, enabled: v.boolean('true or false'), reason };
const undoFields = { reason, features: v.exactOptional(v.pipe(v.array(featureField, 'a list'), v.maxLength(1_000))) };

/** Turns features off, all of them off, and on again. Less v2 is quick; more v2 asks for a reason. */
export function rollbackRoutes(service: Service): readonly Route[] {
  const { store, clock } = service;

  const turnOff = async (call: Call, feature: string, why: string | undefined): Promise<Response> => {
    const origin = originOf(call, why ?? null);
    // Not looked up in memory first: the database knows it even when this replica is behind.
    return json(changeJson(await makeChange(service, () => store.rollback(feature, origin)), feature));
  };

  const turnOn = async (
    call: Call,
    feature: string,
    why: string | undefined,
    percentage?: number,
  ): Promise<Response> => {
    if (why === undefined) throw refuseField('/reason', undefined, 'a change that brings more v2 needs a reason');
    await featureOf(service, feature);
    const patch = percentage === undefined ? { enabled: true } : { enabled: true, percentage };
    await checkEmergency(service, patch);
    await checkCaps(service, feature, patch);
    const result = await makeChange(service, () => store.changeFeature(feature, patch, null, originOf(call, why)));
    return json(changeJson(result, feature));
  };

  const disable = async (call: Call): Promise<Response> => {
    const fields = parseFields(disableFields, withoutSecretText(await readJson(call.request, body)));
    return turnOff(call, fields.feature, fields.reason);
  };

  const enable = async (call: Call): Promise<Response> => {
    const fields = parseFields(enableFields, await readJson(call.request, body));
    return turnOn(call, fields.feature, fields.reason, fields.percentage);
  };

  const setFlag = async (call: Call): Promise<Response> => {
    const given = await readJson(call.request, body);
    const isOff = isObject(given) && given['enabled'] === false;
    const fields = parseFields(flagFields, isOff ? withoutSecretText(given) : given);
    return fields.enabled ? turnOn(call, fields.flag, fields.reason) : turnOff(call, fields.flag, fields.reason);
  };

  const emergency = async (call: Call): Promise<Response> => {
    const given = await readJson(call.request, { ...body, optional: true });
    const fields = parseFields({ reason }, withoutSecretText(given));
    const origin = originOf(call, fields.reason ?? null);
    return json(changeJson(await makeChange(service, () => store.emergencyRollback(origin)), null));
  };

  const undo = async (call: Call): Promise<Response> => {
    const shown = call.param('id');
    if (!/^\d{1,15}$/.test(shown)) throw new Problem('not-found', 'a rollback has a number; see GET /api/rollbacks');
    const fields = parseFields(undoFields, await readJson(call.request, body));
    if (fields.reason === undefined)
      throw refuseField('/reason', undefined, 'undoing a rollback brings more v2: it needs a reason');
    const origin = originOf(call, fields.reason);
    const result = await makeChange(service, () => store.undoRollback(Number(shown), fields.features ?? null, origin));
    return json(changeJson(result, result.feature?.feature ?? null));
  };

  const list = async ({ query }: Call): Promise<Response> => {
    const limit = readLimit(query);
    const feature = readFeatureQuery(query);
    const filter = feature === undefined ? { limit } : { limit, feature };
    return json({ rollbacks: await callStore(clock, () => store.readRollbacks(filter)) });
  };

  return [
    {
      method: 'POST',
      path: '/api/features/disable',
      access: 'operator',
      takes: v.strictObject(disableFields),
      doc: docs.disable,
      run: disable,
    },
    {
      method: 'POST',
      path: '/api/features/enable',
      access: 'operator',
      takes: v.strictObject(enableFields),
      doc: docs.enable,
      run: enable,
    },
    {
      method: 'POST',
      path: '/admin/flags',
      access: 'operator',
      takes: v.strictObject(flagFields),
      doc: docs.setFlag,
      run: setFlag,
    },
    {
      method: 'POST',
      path: '/api/emergency/rollback',
      access: 'operator',
      takes: v.strictObject({ reason }),
      doc: docs.emergency,
      run: emergency,
    },
    { method: 'GET', path: '/api/rollbacks', access: 'viewer', doc: docs.list, run: list },
    {
      method: 'POST',
      path: '/api/rollbacks/:id/undo',
      access: 'operator',
      takes: v.strictObject(undoFields),
      doc: docs.undo,
      run: undo,
    },
  ];
}
