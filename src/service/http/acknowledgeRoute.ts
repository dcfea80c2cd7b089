import * as v from 'valibot';
import { rollbackDocs as docs } from '../openapi/routes/rollbackDocs.js';
import type { ReplicaTable } from '../replicaTable.js';
import { originOf } from './change.js';
import { reasonField } from './featureBody.js';
import { parseFields } from './parseFields.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Route } from './router.js';
import { currentOf, json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const fields = { reason: v.exactOptional(reasonField) };

/** Ends the alarm of a database that went back in time, on every replica: somebody has looked. */
export function acknowledgeRoute(service: Service, replicas: ReplicaTable): Route {
  const { replica, clock } = service;
  return {
    method: 'POST',
    path: '/api/epoch/acknowledge',
    access: 'operator',
    takes: v.strictObject(fields),
    doc: docs.acknowledge,
    async run(call) {
      const body = await readJson(call.request, {
        maxBytes: 65_536,
        contentTypes: adminContentTypes,
        optional: true,
      });
      const { reason } = parseFields(fields, body);
      await callStore(clock, () => replicas.acknowledgeEpoch(originOf(call, reason ?? null)));
      await replica.refresh();
      const { epoch, revision } = await currentOf(service);
      return json({ epoch, revision, alarms: replica.alarms() });
    },
  };
}
