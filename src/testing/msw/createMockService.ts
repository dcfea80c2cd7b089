// Comes in: features, or a snapshot. Goes out: handlers of MSW that answer as the service does. Who calls: tests, stories.
import { http, type HttpHandler, type PathParams } from 'msw';
import { systemClock } from '../../client/clock.js';
import { refuseOption } from '../../error.js';
import { isObject } from '../../evaluate/kind.js';
import type { Version } from '../../evaluate/snapshot.js';
import { adminMocks } from './adminMocks.js';
import {
  addRollback,
  blankFeature,
  createMockState,
  snapshotOf,
  type MockFeature,
  type MockHealthStatus,
  type MockSnapshot,
} from './mockState.js';
import { healthMocks } from './healthMocks.js';
import { createMockStreams, frameOf } from './mockStreams.js';
import { problem, type MockCore, type MockRoute } from './mockRoute.js';
import { ofrepMocks } from './ofrepMocks.js';
import { publicMocks } from './publicMocks.js';

/** Where the service is, and who may change features. */
export interface MockServiceOptions {
  /** What clients have as `url`, as a path or an address; default `/api` of any origin. */
  readonly url?: string | undefined;
  /** The bearer token that admin routes take; default: any. */
  readonly token?: string | undefined;
}

/** `unavailable`: 503 with `Retry-After`. `unreachable`: no answer at all, and every stream breaks. */
export type MockTrouble = 'none' | 'unavailable' | 'unreachable';

/** A service in memory, whose answers are those of the real one. */
export interface MockService {
  /** For `setupServer(...handlers)`, `setupWorker(...handlers)` and `parameters.msw`. */
  readonly handlers: readonly HttpHandler[];
  /** Publishes a version for everybody, in the stream too. */
  show(feature: string, version: Version): void;
  /** Changes fields of a feature, or makes it known. */
  change(feature: string, fields: Partial<MockFeature>): void;
  /** Rolls a feature back, or everything, as an operator would. */
  rollBack(feature?: string): void;
  /**
   * Says how v2 of a feature does, from now on: what `GET /api/features/{key}/health` answers. At first it is `unknown`.
   * @param detail the reason in a sentence; none of a healthy one
   */
  judge(feature: string, status: MockHealthStatus, detail?: string): void;
  /** What is wrong with the service from now on. */
  suffer(trouble: MockTrouble): void;
  /** Ends every live stream. */
  closeStreams(): void;
  /** How many live streams are open. */
  streams(): number;
  /** The bodies of `POST /api/metrics`, in order. */
  readonly batches: readonly unknown[];
  /** The bodies of `POST /api/confirm`, in order. */
  readonly confirmations: readonly unknown[];
}

/**
 * Makes a service in memory for MSW: snapshot, live stream, confirmations, numbers, health, OFREP, and the admin routes of
 * features and rollbacks. Plans, baselines, tokens, imports and audits are left to the real one.
 * @param snapshot `{ memoryPanel: 'v2' }`, fields of each feature, or a whole snapshot as JSON
 * @throws SwitchbackError `invalid-option`, showing what is wrong
 */
export function createMockService(
  snapshot: MockSnapshot,
  { url = '/api', token }: MockServiceOptions = {},
): MockService {
  const { now: nowMs } = systemClock;
  const state = createMockState(snapshot, nowMs());
  const root = rootOf(url);
  const idOf = (): string => `${state.epoch}-${state.revision}`;
  const orderOf = () => ({ epoch: state.epoch, revision: state.revision, now: nowMs() });
  let trouble: MockTrouble = 'none';
  const core: MockCore = {
    state,
    streams: createMockStreams(state.delivery.heartbeatMs, () => frameOf('heartbeat', idOf(), orderOf())),
    ofrepStreams: createMockStreams(state.delivery.heartbeatMs, () => ': heartbeat\n\n'),
    batches: [],
    confirmations: [],
    nowMs,
    change(make) {
      const at = new Date(nowMs()).toISOString();
      make(at);
      state.revision++;
      state.changedAt = at;
      core.streams.send(frameOf('snapshot', idOf(), snapshotOf(state)));
      core.ofrepStreams.send(frameOf('message', idOf(), { type: 'refetchEvaluation', etag: idOf() }));
    },
  };
  const closeStreams = (): void => {
    core.streams.close();
    core.ofrepStreams.close();
  };

  const respond = async (route: MockRoute, request: Request, params: PathParams): Promise<Response> => {
    if (trouble === 'unreachable') return Response.error();
    const response = await answerTo(route, request, params);
    response.headers.set('x-request-id', 'test');
    return response;
  };
  const answerTo = async (route: MockRoute, request: Request, params: PathParams): Promise<Response> => {
    if (trouble === 'unavailable') return problem('unavailable', 'this service has been told to be unavailable');
    const bearer = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
    if (route.isAdmin === true && (bearer === undefined || (token !== undefined && bearer !== token)))
      return problem('unauthorized', 'this route needs a bearer token');
    const text = route.method === 'get' ? '' : await request.text();
    const body = readBody(text);
    if (body === undefined) return problem('invalid-json', 'the body is not JSON');
    return route.run({
      request,
      params: Object.fromEntries(Object.entries(params).map(([k, v]) => [k, String(v)])),
      body,
    });
  };
  const routes = [...publicMocks(core), ...adminMocks(core), ...healthMocks(core), ...ofrepMocks(core)];
  const handlerOf = (route: MockRoute): HttpHandler =>
    http[route.method](pathOf(root, route.path), ({ request, params }) => respond(route, request, params));

  return {
    handlers: routes.map(handlerOf),
    show(feature, version) {
      this.change(feature, { enabled: true, percentage: version === 'v2' ? 100 : 0 });
    },
    change(feature, fields) {
      core.change((at) => {
        const before = state.features.get(feature) ?? blankFeature({ enabled: false, rowRevision: 0 }, at);
        state.features.set(feature, { ...before, ...fields, rowRevision: before.rowRevision + 1, updatedAt: at });
        if (fields.enabled !== true) return;
        for (const [index, one] of state.rollbacks.entries())
          if (one.feature === feature && one.endedAt === null) state.rollbacks[index] = { ...one, endedAt: at };
      });
    },
    rollBack: (feature) => core.change((at) => void addRollback(state, feature ?? null, at)),
    judge: (feature, status, detail = 'a test says so') => void state.health.set(feature, { status, detail }),
    suffer(next) {
      trouble = next;
      if (next === 'unreachable') closeStreams();
    },
    closeStreams,
    streams: () => core.streams.count(),
    batches: core.batches,
    confirmations: core.confirmations,
  };
}

/** The handlers of a mock service alone: `setupServer(...switchbackHandlers({ memoryPanel: 'v2' }))`. @throws SwitchbackError `invalid-option` */
export const switchbackHandlers = (snapshot: MockSnapshot, options?: MockServiceOptions): readonly HttpHandler[] =>
  createMockService(snapshot, options).handlers;

/** Where `/api/…` is below: MSW takes `*` for any origin. */
function rootOf(url: string): { readonly api: string; readonly other: string } {
  if (!/^(\/|https?:\/\/)/.test(url)) refuseOption('url', 'a path or an http(s) address', url);
  const api = (url.startsWith('/') ? `*${url}` : url).replace(/\/+$/, '');
  return { api, other: api.replace(/\/api$/, '') };
}

const pathOf = ({ api, other }: ReturnType<typeof rootOf>, path: string): string =>
  path.startsWith('/api/') ? api + path.slice('/api'.length) : other + path;

function readBody(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
