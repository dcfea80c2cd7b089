import type { ChangeOrigin, ChangeResult, FeatureChange, FeaturePatch, StoredFeature } from '../store.js';
import { Problem, refuseField } from './problem.js';
import { publish, PublicationTooLarge } from './publish.js';
import type { Call } from './router.js';
import { stateOf, type Service } from './service.js';
import { callStore } from './storeCall.js';

const freshMs = 1_500;

/** Who, why and by which request, for the audit. */
export const originOf = ({ actor, source, requestId, redact }: Call, reason: string | null): ChangeOrigin => ({
  actor,
  source,
  reason: reason === null ? null : redact(reason),
  requestId,
});

/** Makes a change, then publishes it from this replica without waiting for word from the database. */
export async function makeChange(service: Service, change: () => Promise<ChangeResult>): Promise<ChangeResult> {
  const result = await callStore(service.clock, change);
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => (cancel = service.clock.after(freshMs, resolve)));
  await Promise.race([service.replica.refresh(), late]);
  cancel();
  const current = service.replica.current();
  // The published epoch is the higher one after the database went back.
  return current !== null && current.epoch > result.epoch ? { ...result, epoch: current.epoch } : result;
}

/** The answer to a change. */
export const changeJson = (result: ChangeResult, feature: string | null) => ({
  feature,
  enabled: result.feature?.enabled ?? false,
  epoch: result.epoch,
  revision: result.revision,
  rollbackId: result.rollbackId,
  auditId: result.auditId,
});

/** @throws Problem 404 */
export async function featureOf(service: Service, feature: string): Promise<StoredFeature> {
  const known = (await stateOf(service)).features.get(feature);
  if (known === undefined)
    throw new Problem('not-found', `there is no feature ${JSON.stringify(feature.slice(0, 64))}`);
  return known;
}

const blank: Omit<StoredFeature, 'feature'> = {
  enabled: false,
  percentage: 0,
  allow: [],
  deny: [],
  regions: null,
  from: null,
  until: null,
  requires: [],
  config: {},
  configSchema: null,
  sampling: 1,
  logOnly: false,
  owner: null,
  description: null,
  removeBy: null,
  rowRevision: 0,
  updatedAt: '',
};

/** Refuses a change after which the snapshot would be too large. @throws Problem 422 */
export const checkCaps = (service: Service, feature: string, patch: FeaturePatch): Promise<void> =>
  checkCapsOf(service, [{ feature, patch }]);

/** The same for several changes that come together. @throws Problem 422 */
export async function checkCapsOf(
  service: Service,
  changes: readonly Pick<FeatureChange, 'feature' | 'patch'>[],
): Promise<void> {
  const state = await stateOf(service);
  const features = new Map(state.features);
  for (const { feature, patch } of changes)
    features.set(feature, { ...(features.get(feature) ?? { ...blank, feature }), ...patch });
  try {
    publish({ ...state, features });
  } catch (error) {
    const shown = changes.map(({ feature }) => feature).join(', ');
    if (error instanceof PublicationTooLarge) throw refuseField('', shown, `this would make ${error.message}`);
    throw error;
  }
}

/** Refuses to turn v2 on while the emergency holds everything on v1. @throws Problem 409 */
export async function checkEmergency(service: Service, patch: FeaturePatch): Promise<void> {
  if (patch.enabled !== true) return;
  const emergency = (await stateOf(service)).rollbacks.find(({ feature }) => feature === null);
  if (emergency !== undefined)
    throw new Problem(
      'conflict',
      `an emergency rollback holds everything on v1: undo it first, POST /api/rollbacks/${emergency.id}/undo`,
    );
}
