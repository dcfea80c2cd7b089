import type { DigestOf } from '../../evaluate/bucket.js';
import { featureDocs as docs } from '../openapi/routes/featureDocs.js';
import { changeJson, checkCapsOf, checkEmergency, makeChange, originOf } from './change.js';
import { importBody, parseImport, type Import } from './importBody.js';
import { refuseField } from './problem.js';
import { raisesV2 } from './raisesV2.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, stateOf, type Service } from './service.js';

const body = { maxBytes: 4_194_304, contentTypes: adminContentTypes };

/** Compares a document of features with what is, and brings what is to the document: all of it or nothing. */
export function importRoutes(service: Service, digestOf: DigestOf): readonly Route[] {
  const { store } = service;

  const read = async (call: Call): Promise<Import> => {
    const given = await readJson(call.request, body);
    const planned = parseImport(given, (await stateOf(service)).features, digestOf);
    await checkCapsOf(service, planned.changes);
    return planned;
  };

  const diff = async (call: Call): Promise<Response> => {
    const planned = await read(call);
    const { epoch, revision } = await stateOf(service);
    return json({ epoch, revision, ...diffJson(planned) });
  };

  const bring = async (call: Call): Promise<Response> => {
    const planned = await read(call);
    const { changes, reason } = planned;
    const { features, rollbacks, epoch, revision } = await stateOf(service);
    if (changes.length === 0)
      return json({
        feature: null,
        enabled: false,
        epoch,
        revision,
        rollbackId: null,
        auditId: null,
        ...diffJson(planned),
      });
    const raises = changes.some(({ feature, patch }) => {
      const before = features.get(feature);
      if (before === undefined) return patch.enabled === true;
      return raisesV2(
        before,
        patch,
        rollbacks.some((one) => one.feature === feature),
      );
    });
    if (raises && reason === null)
      throw refuseField('/reason', undefined, 'an import that brings more v2 needs a reason');
    for (const { patch } of changes) await checkEmergency(service, patch);
    const result = await makeChange(service, () => store.changeFeatures(changes, originOf(call, reason)));
    return json({ ...changeJson(result, null), ...diffJson(planned) });
  };

  return [
    {
      method: 'POST',
      path: '/api/features/diff',
      access: 'viewer',
      changes: false,
      takes: importBody,
      doc: docs.diff,
      run: diff,
    },
    { method: 'POST', path: '/api/features/import', access: 'admin', takes: importBody, doc: docs.bring, run: bring },
  ];
}

const diffJson = ({ changes, untouched }: Import) => ({
  differs: changes.length > 0,
  changes: changes.map(({ feature, action, ifRowRevision, fields }) => ({
    feature,
    action,
    rowRevision: ifRowRevision,
    fields: fields.map(({ field, from, to }) => ({ field, from: from ?? null, to })),
  })),
  untouched,
});
