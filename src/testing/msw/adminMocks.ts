import { isObject } from '../../evaluate/kind.js';
import { isFeatureKey } from '../../evaluate/snapshot.js';
import { addRollback, blankFeature, type MockFeature, type MockRollback } from './mockState.js';
import { answer, featureJson, problem, type MockCore, type MockRoute } from './mockRoute.js';

const known: ReadonlySet<string> = new Set(Object.keys(blankFeature({}, '')));
const kept: ReadonlySet<string> = new Set(['rowRevision', 'updatedAt']);

/** What people on call ask: features, rollbacks, undo. Values are taken as they are; the real service checks them. */
export function adminMocks(core: MockCore): readonly MockRoute[] {
  const { state } = core;
  const emergency = (): MockRollback | undefined =>
    state.rollbacks.find(({ feature, endedAt }) => feature === null && endedAt === null);
  const missing = (key: unknown): Response =>
    problem('not-found', `there is no feature ${JSON.stringify(String(key).slice(0, 64))}`);
  const changed = (feature: string | null, rollbackId: number | null): Response => {
    const { epoch, revision } = state;
    const enabled = feature !== null && state.features.get(feature)?.enabled === true;
    return answer({ feature, enabled, epoch, revision, rollbackId, auditId: revision });
  };
  const written = (key: string, status: number): Response => {
    const one = state.features.get(key) ?? blankFeature({}, '');
    const { epoch, revision } = state;
    const body = { ...featureJson(core, key, one), epoch, revision, rollbackId: null, auditId: revision };
    return answer(body, { etag: `"${one.rowRevision}"` }, status);
  };
  const reasonOf = (body: Readonly<Record<string, unknown>>): string | null =>
    typeof body['reason'] === 'string' ? body['reason'] : null;
  const needsReason = (): Response =>
    problem('invalid-value', '/reason: a change that brings more v2 needs a reason', '/reason');
  const end = (rollback: MockRollback, at: string, reason: string | null): void => {
    state.rollbacks[rollback.id - 1] = { ...rollback, endedAt: at, endedBy: 'test', endedReason: reason };
  };
  const write = (key: string, fields: Partial<MockFeature>, at: string): void => {
    const before = state.features.get(key) ?? blankFeature({ enabled: false, rowRevision: 0 }, at);
    state.features.set(key, { ...before, ...fields, rowRevision: before.rowRevision + 1, updatedAt: at });
    if (fields.enabled !== true) return;
    const active = state.rollbacks.find(({ feature, endedAt }) => feature === key && endedAt === null);
    if (active !== undefined) end(active, at, null);
  };

  const turnOff = (key: unknown, reason: string | null): Response => {
    if (typeof key !== 'string' || !state.features.has(key)) return missing(key);
    let id = 0;
    core.change((at) => ({ id } = addRollback(state, key, at, reason)));
    return changed(key, id);
  };
  const turnOn = (key: unknown, body: Readonly<Record<string, unknown>>): Response => {
    if (reasonOf(body) === null) return needsReason();
    if (typeof key !== 'string' || !state.features.has(key)) return missing(key);
    if (emergency() !== undefined)
      return problem('conflict', 'an emergency rollback holds everything on v1: undo it first');
    const { percentage } = body;
    const fields = typeof percentage === 'number' ? { enabled: true, percentage } : { enabled: true };
    core.change((at) => write(key, fields, at));
    return changed(key, null);
  };

  const admin = { isAdmin: true } as const;
  return [
    {
      ...admin,
      method: 'get',
      path: '/api/features',
      run() {
        const { epoch, revision } = state;
        const active = emergency();
        return answer({
          epoch,
          revision,
          emergency: active === undefined ? null : { since: active.startedAt, rollbackId: active.id },
          features: [...state.features]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => featureJson(core, key, one)),
        });
      },
    },
    {
      ...admin,
      method: 'post',
      path: '/api/features/disable',
      run: ({ body }) => turnOff(body['feature'], reasonOf(body)),
    },
    { ...admin, method: 'post', path: '/api/features/enable', run: ({ body }) => turnOn(body['feature'], body) },
    {
      ...admin,
      method: 'post',
      path: '/admin/flags',
      run: ({ body }) =>
        body['enabled'] === true ? turnOn(body['flag'], body) : turnOff(body['flag'], reasonOf(body)),
    },
    {
      ...admin,
      method: 'post',
      path: '/api/emergency/rollback',
      run({ body }) {
        let id = 0;
        core.change((at) => ({ id } = addRollback(state, null, at, reasonOf(body))));
        return changed(null, id);
      },
    },
    {
      ...admin,
      method: 'get',
      path: '/api/rollbacks',
      run: () => answer({ rollbacks: state.rollbacks.map(({ fromEnabled: _, ...shown }) => shown).reverse() }),
    },
    {
      ...admin,
      method: 'post',
      path: '/api/rollbacks/:id/undo',
      run({ body, params }) {
        const rollback = state.rollbacks[Number(params['id']) - 1];
        if (rollback === undefined)
          return problem('not-found', `there is no rollback ${String(params['id']).slice(0, 64)}`);
        if (reasonOf(body) === null) return needsReason();
        if (rollback.endedAt !== null) return problem('conflict', `rollback ${rollback.id} has ended already`);
        core.change((at) => {
          end(rollback, at, reasonOf(body));
          if (rollback.feature !== null && rollback.fromEnabled === true)
            write(rollback.feature, { enabled: true }, at);
        });
        return changed(rollback.feature, rollback.id);
      },
    },
    {
      ...admin,
      method: 'get',
      path: '/api/features/:key',
      run({ params }) {
        const one = state.features.get(params['key'] ?? '');
        return one === undefined
          ? missing(params['key'])
          : answer(featureJson(core, params['key'] ?? '', one), { etag: `"${one.rowRevision}"` });
      },
    },
    {
      ...admin,
      method: 'post',
      path: '/api/features',
      run({ body: { feature, reason: _, ...fields } }) {
        if (!isFeatureKey(feature)) return problem('invalid-value', '/feature: a feature key', '/feature', feature);
        if (state.features.has(feature)) return problem('conflict', `there is a feature "${feature}" already`);
        core.change((at) => write(feature, { enabled: false, ...fieldsOf(fields) }, at));
        return written(feature, 201);
      },
    },
    {
      ...admin,
      method: 'patch',
      path: '/api/features/:key',
      run({ request, params, body: { reason: _, ...fields } }) {
        const key = params['key'] ?? '';
        const before = state.features.get(key);
        if (before === undefined) return missing(key);
        const ifMatch = request.headers.get('if-match');
        if (ifMatch === null)
          return problem('if-match-required', 'send If-Match with the etag of GET /api/features/{key}');
        if (!ifMatch.includes(`"${before.rowRevision}"`) && ifMatch !== '*')
          return problem('stale-revision', `${key} was changed meanwhile`);
        core.change((at) => write(key, fieldsOf(fields), at));
        return written(key, 200);
      },
    },
  ];
}

function fieldsOf({ rolloutPercentage, ...given }: Readonly<Record<string, unknown>>): Partial<MockFeature> {
  const fields = rolloutPercentage === undefined ? given : { percentage: rolloutPercentage, ...given };
  return isObject(fields)
    ? Object.fromEntries(Object.entries(fields).filter(([name]) => known.has(name) && !kept.has(name)))
    : {};
}
