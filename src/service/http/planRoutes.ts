import * as v from 'valibot';
import { planDocs as docs } from '../openapi/routes/planDocs.js';
import type { Judge } from '../plans/judgeStage.js';
import type { StoredPlan } from '../plans/plan.js';
import { parsePlan, planBody } from '../plans/planBody.js';
import type { GateRegistry } from '../plans/planGate.js';
import type { PlanChange, PlanStore } from '../plans/planStore.js';
import { presets } from '../plans/presets.js';
import type { ChangeOrigin, ChangeResult } from '../store.js';
import { changeJson, makeChange, originOf } from './change.js';
import { reasonField } from './featureBody.js';
import { parseFields } from './parseFields.js';
import { Problem, refuseField } from './problem.js';
import { readLimit } from './queries.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { withoutSecretText } from './secretText.js';
import { callStore } from './storeCall.js';

const body = { maxBytes: 65_536, contentTypes: adminContentTypes };
const reasonFields = { reason: v.exactOptional(reasonField) };

/** What the routes of plans work with. */
export interface PlanParts {
  readonly plans: PlanStore;
  readonly gates: GateRegistry;
  readonly judge: Judge;
}

/** Lists, makes and moves plans. Less v2 is quick; more v2 asks for a reason. */
export function planRoutes(service: Service, { plans, gates, judge }: PlanParts): readonly Route[] {
  const { clock, store } = service;

  const list = async ({ query }: Call): Promise<Response> => {
    const limit = readLimit(query);
    const feature = query.get('feature');
    const found = await callStore(clock, () => plans.list(feature === null ? { limit } : { limit, feature }));
    return json({ plans: found, presets: Object.fromEntries(presets) });
  };

  const show = async ({ param }: Call): Promise<Response> => {
    const id = idOf(param('id'));
    return json(await callStore(clock, () => plans.read(id)));
  };

  const create = async (call: Call): Promise<Response> => {
    const { feature, stages, reason } = parsePlan(await readJson(call.request, body), gates);
    const plan = await callStore(clock, () => plans.create(feature, stages, originOf(call, reason)));
    return json(plan, { status: 201, headers: { location: `/api/plans/${plan.id}` } });
  };

  const respond = (plan: StoredPlan, result: ChangeResult): Response =>
    json({ ...changeJson(result, plan.feature), ...plan });

  const move =
    (more: Direction, change: (id: number, origin: ChangeOrigin) => Promise<PlanChange>) =>
    async (call: Call): Promise<Response> => {
      const { id, origin } = await readMove(call, more);
      if (more === 'more v2' && origin.reason === null)
        throw refuseField('/reason', undefined, 'a change that brings more v2 needs a reason');
      let plan: StoredPlan | undefined;
      const result = await makeChange(service, async () => {
        const changed = await change(id, origin);
        plan = changed.plan;
        return changed;
      });
      return respond(plan ?? (await callStore(clock, () => plans.read(id))), result);
    };

  const rollback = async (call: Call): Promise<Response> => {
    const { id, origin } = await readMove(call, 'not more');
    const { feature } = await callStore(clock, () => plans.read(id));
    // The feature first: whatever holds the plan must not hold up a rollback.
    const result = await makeChange(service, () => store.rollback(feature, origin));
    const plan = await callStore(clock, () => plans.noteRollback(id, origin));
    await service.replica.refresh();
    return respond(plan, result);
  };

  const moves = [
    ['start', move('more v2', (id, origin) => plans.start(id, origin))],
    ['pause', move('not more', (id, origin) => plans.pause(id, origin))],
    ['resume', move('more v2', (id, origin) => plans.resume(id, origin))],
    ['promote', move('more v2', (id, origin) => plans.promote(id, judge, origin))],
    ['rollback', rollback],
    ['cancel', move('not more', (id, origin) => plans.cancel(id, origin))],
  ] as const;
  return [
    { method: 'GET', path: '/api/plans', access: 'viewer', doc: docs.list, run: list },
    { method: 'POST', path: '/api/plans', access: 'operator', takes: planBody, doc: docs.create, run: create },
    { method: 'GET', path: '/api/plans/:id', access: 'viewer', doc: docs.show, run: show },
    ...moves.map(([name, run]) => ({
      method: 'POST' as const,
      path: `/api/plans/:id/${name}`,
      access: 'operator' as const,
      takes: v.strictObject(reasonFields),
      doc: docs[name],
      run,
    })),
  ];
}

type Direction = 'more v2' | 'not more';

async function readMove(call: Call, more: Direction): Promise<{ readonly id: number; readonly origin: ChangeOrigin }> {
  const id = idOf(call.param('id'));
  const given = await readJson(call.request, { ...body, optional: true });
  const { reason = null } = parseFields(reasonFields, more === 'not more' ? withoutSecretText(given) : given);
  return { id, origin: originOf(call, reason) };
}

function idOf(shown: string): number {
  if (!/^\d{1,15}$/.test(shown)) throw new Problem('not-found', 'a plan has a number; see GET /api/plans');
  return Number(shown);
}
