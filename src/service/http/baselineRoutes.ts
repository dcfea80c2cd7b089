import * as v from 'valibot';
import type { StoredBaseline } from '../baselines/baseline.js';
import { baselineBody, parseBaseline } from '../baselines/baselineBody.js';
import { baselineJson, numbersJson } from '../baselines/baselineJson.js';
import type { BaselineStore } from '../baselines/baselineStore.js';
import { compareWithBaseline } from '../baselines/compareWithBaseline.js';
import { sumsOf } from '../baselines/v1Numbers.js';
import { baselineDocs as docs } from '../openapi/routes/baselineDocs.js';
import type { StoredNumbers } from '../store.js';
import { originOf } from './change.js';
import { reasonField } from './featureBody.js';
import { parseFields } from './parseFields.js';
import { Problem, refuseField } from './problem.js';
import { readFeatureQuery, readLimit, readTimeMs } from './queries.js';
import { adminContentTypes, readJson } from './readBody.js';
import type { Call, Route } from './router.js';
import { json, type Service } from './service.js';
import { callStore } from './storeCall.js';

const body = { maxBytes: 65_536, contentTypes: adminContentTypes };
const reasonFields = { reason: v.exactOptional(reasonField) };
const defaultRangeMs = 3_600_000;
const maxRangeMs = 7 * 86_400_000;
const note =
  'another time and other users: this is no verdict; the guard compares v2 with v1 of the same time. v1 is everybody who has it, v2 those who have it by the percentage';

/** Records what v1 is before a rollout, and tells how now differs from it. */
export function baselineRoutes(service: Service, baselines: BaselineStore): readonly Route[] {
  const { clock, store } = service;
  const shown = (baseline: StoredBaseline) => baselineJson(baseline, clock.now());

  const list = async ({ query }: Call): Promise<Response> => {
    const limit = readLimit(query);
    const feature = readFeatureQuery(query);
    const found = await callStore(clock, () => baselines.list(feature === undefined ? { limit } : { limit, feature }));
    return json({ baselines: found.map(shown) });
  };

  const start = async (call: Call): Promise<Response> => {
    const { feature, window, reason } = parseBaseline(await readJson(call.request, body), clock.now());
    const baseline = await callStore(clock, () => baselines.start(feature, window, originOf(call, reason)));
    return json(shown(baseline), { status: 201, headers: { location: `/api/baselines/${baseline.id}` } });
  };

  const show = async ({ param, query }: Call): Promise<Response> => {
    const id = idOf(param('id'));
    const toMs = readTimeMs(query, 'to', clock.now());
    const askedMs = readTimeMs(query, 'from', toMs - defaultRangeMs);
    if (askedMs >= toMs) throw refuseField('/from', query.get('from'), 'before to');
    if (toMs - askedMs > maxRangeMs) throw refuseField('/from', query.get('from'), 'at most 7 days before to');
    const baseline = await callStore(clock, () => baselines.read(id));
    if (baseline.status !== 'completed') return json({ ...shown(baseline), comparison: null });
    const untilMs = Date.parse(baseline.until);
    if (toMs <= untilMs) throw refuseField('/to', query.get('to'), `after the end of the baseline, ${baseline.until}`);
    // What is in the baseline is not compared with itself.
    const fromMs = Math.max(askedMs, untilMs);
    const totals = await callStore(clock, () => store.readTotals(baseline.feature, fromMs, toMs));
    const compared = (now: StoredNumbers) => ({
      numbers: numbersJson(now),
      differences: compareWithBaseline(now, baseline.numbers),
    });
    return json({
      ...shown(baseline),
      comparison: {
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        note,
        versions: {
          v1: compared(sumsOf(totals, ({ version }) => version === 'v1')),
          v2: compared(sumsOf(totals, ({ version, assigned }) => version === 'v2' && assigned)),
        },
      },
    });
  };

  const cancel = async (call: Call): Promise<Response> => {
    const id = idOf(call.param('id'));
    const { reason = null } = parseFields(reasonFields, await readJson(call.request, { ...body, optional: true }));
    return json(shown(await callStore(clock, () => baselines.cancel(id, originOf(call, reason)))));
  };

  return [
    { method: 'GET', path: '/api/baselines', access: 'viewer', doc: docs.list, run: list },
    { method: 'POST', path: '/api/baselines', access: 'operator', takes: baselineBody, doc: docs.start, run: start },
    { method: 'GET', path: '/api/baselines/:id', access: 'viewer', doc: docs.show, run: show },
    {
      method: 'POST',
      path: '/api/baselines/:id/cancel',
      access: 'operator',
      takes: v.strictObject(reasonFields),
      doc: docs.cancel,
      run: cancel,
    },
  ];
}

function idOf(shown: string): number {
  if (!/^\d{1,15}$/.test(shown)) throw new Problem('not-found', 'a baseline has a number; see GET /api/baselines');
  return Number(shown);
}
