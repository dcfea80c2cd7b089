import { readDocs } from '../openapi/routes/readDocs.js';
import type { WithProbe } from '../storeProbe.js';
import type { Route } from './router.js';
import { json, type Service } from './service.js';

/** Tries the store, for whoever looks for what is wrong. Changes nothing, so a read-only service answers too. */
export function doctorRoute({ replica, clock, readOnly }: Service, { probe }: WithProbe): Route {
  return {
    method: 'POST',
    path: '/api/doctor',
    access: 'operator',
    changes: false,
    doc: readDocs.doctor,
    async run() {
      const now = clock.now();
      const store = await probe();
      return json({ now, readOnly, alarms: replica.alarms(), broken: replica.current()?.broken ?? null, store });
    },
  };
}
