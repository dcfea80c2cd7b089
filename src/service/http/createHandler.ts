// Comes in: a store, tokens. Goes out: fetch(Request) → Response, the whole HTTP API. Who calls: startService, or any host that speaks fetch.
import { SwitchbackError, type OnInternalFault } from '../../error.js';
import type { Delivery } from '../../evaluate/snapshot.js';
import { systemServiceClock, type ServiceClock } from '../clock.js';
import { nodeDigestOf } from '../nodeDigest.js';
import type { WithBaselines } from '../baselines/baselineStore.js';
import type { PointSink } from '../export/pointSink.js';
import type { WithTotals } from '../export/totalsStore.js';
import { createJudge } from '../plans/judgeStage.js';
import { createGateRegistry, type PlanGate } from '../plans/planGate.js';
import { startPlanScheduler } from '../plans/planScheduler.js';
import type { WithPlans } from '../plans/planStore.js';
import type { WithProbe } from '../storeProbe.js';
import type { WithReplicas } from '../replicaTable.js';
import type { FlagStore } from '../store.js';
import type { WithTokens } from '../tokenStore.js';
import { createAccess, type ServiceToken } from './access.js';
import { acknowledgeRoute } from './acknowledgeRoute.js';
import { createAddressBudget, limitRoute, type AddressBudget } from './addressBudget.js';
import { trustProxies } from './clientAddress.js';
import { createCompletion } from './completion.js';
import { createForeignConfirmations } from './foreignConfirmations.js';
import { readDelivery } from './delivery.js';
import { doctorRoute } from './doctorRoute.js';
import { featureRoutes } from './featureRoutes.js';
import { healthRoutes } from './healthRoutes.js';
import { importRoutes } from './importRoutes.js';
import { createIntake } from './intake.js';
import { createKeptRevisions } from './keptRevisions.js';
import { startMeasuring } from './measuring.js';
import { metricsRoute } from './metricsRoute.js';
import { numbersRoutes } from './numbersRoutes.js';
import { ofrepRoutes } from './ofrepRoutes.js';
import { createOfrepStreams } from './ofrepStreams.js';
import { openapiRoute } from './openapiRoute.js';
import { planRoutes } from './planRoutes.js';
import { publicRoutes } from './publicRoutes.js';
import { readRoutes } from './readRoutes.js';
import { createReplica } from './replica.js';
import { createReplicaReports } from './replicaReports.js';
import { rollbackRoutes } from './rollbackRoutes.js';
import { retireRoutes } from './retireRoutes.js';
import type { RequestOrigin } from './requestOrigin.js';
import { createRouter, type Route } from './router.js';
import type { Service } from './service.js';
import { applyStartKills, type StartKills } from './startKills.js';
import { createStreams } from './streams.js';
import { createStreamSlots } from './streamSlots.js';
import { createTokenCache } from './tokenCache.js';
import { tokenRoutes } from './tokenRoutes.js';

/** The store behind the service, who may change what, and its limits. */
export interface HandlerOptions {
  /** One that keeps tokens as well, as the one of PostgreSQL does, brings `/api/tokens` along. */
  readonly store: FlagStore & Partial<WithTokens & WithPlans & WithProbe & WithReplicas & WithTotals & WithBaselines>;
  /** Who may call admin routes, beside the tokens in the store. */
  readonly tokens: readonly ServiceToken[];
  /** How clients are told to behave. Defaults: `defaultDelivery`. `heartbeatMs` is also what the stream does. */
  readonly delivery?: Partial<Delivery>;
  /** v1 from the first moment, whatever the database says. */
  readonly startKills?: StartKills;
  /** Live streams at the same time. Default 10,000; more get 503 with Retry-After. */
  readonly maxStreams?: number;
  /** Of these, from one address or IPv6 network of 64 bits. Default 1,000; more get 429 with Retry-After. */
  readonly maxStreamsPerAddress?: number;
  /**
   * OFREP evaluations that one address, or IPv6 network of 64 bits, may ask for at once, and in 10 s; a bulk one counts once for
   * every hundred flags. Default 10,000; more get 429 with Retry-After.
   */
  readonly maxEvaluationsPerAddress?: number;
  /** The same for batches of metrics. Default 2,000: a thousand pages that send as often as they can. */
  readonly maxMetricsPerAddress?: number;
  /** The same for confirmations. Default 5,000: a thousand streams, five rollbacks in a row. */
  readonly maxConfirmationsPerAddress?: number;
  /** Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count: addresses, networks, `loopback`. Default: none. */
  readonly trustProxy?: readonly string[];
  /** As `replicas` in the database shows this process. Default `switchback`. */
  readonly replicaName?: string;
  /** Serve rules and streams, and refuse every change. Default false. */
  readonly readOnly?: boolean;
  /** A reader of the stream with more waiting than this is dropped. Default 65,536. */
  readonly maxBufferedBytes?: number;
  /** Revisions that keep their immutable URL. Default 50. */
  readonly keptRevisions?: number;
  /** Gates of rollout plans beside `time` and `manual`. Default: none. */
  readonly planGates?: readonly PlanGate[];
  /** ms between two looks at the running plans. Default 5,000. */
  readonly planTickMs?: number;
  /** Where the numbers of pages go, beside the store. Default: nowhere. */
  readonly pointSink?: PointSink;
  /** ms between two looks at the baselines that are recording. Default 5,000. */
  readonly baselineTickMs?: number;
  /** Hears faults of ours; callers only see 500 or 503. Default: nobody. */
  readonly onInternalFault?: OnInternalFault;
  readonly clock?: ServiceClock;
  /** 0–1. */
  readonly random?: () => number;
}

/** The service as a function of requests, for any host that speaks fetch. */
export interface Handler {
  /** Answers a request; never throws. `origin` says what the host knows of the connection. */
  fetch(request: Request, origin?: RequestOrigin): Promise<Response>;
  /** Ends when the first state was read, or could not be. */
  readonly ready: Promise<void>;
  /** Tells streams to come back elsewhere and stops watching; the store stays open, it is yours. */
  close(): void;
  /** Ends after `close`, when nothing in the background needs the store any more; within 20 s. */
  readonly closed: Promise<void>;
}

type PositiveOption =
  | 'planTickMs'
  | 'baselineTickMs'
  | 'maxStreams'
  | 'maxStreamsPerAddress'
  | 'maxEvaluationsPerAddress'
  | 'maxMetricsPerAddress'
  | 'maxConfirmationsPerAddress'
  | 'maxBufferedBytes'
  | 'keptRevisions';

/**
 * Makes the HTTP API over a store.
 * @throws SwitchbackError `invalid-option`
 */
export function createHandler(options: HandlerOptions): Handler {
  const { store, tokens, clock = systemServiceClock, random = Math.random, readOnly = false } = options;
  if (!Array.isArray(tokens)) throw new SwitchbackError('invalid-option', 'createHandler: tokens must be a list');
  const positive = (name: PositiveOption, fallback: number): number => {
    const value = options[name] ?? fallback;
    if (!Number.isSafeInteger(value) || value < 1)
      throw new SwitchbackError(
        'invalid-option',
        `createHandler: ${name} must be a whole number above 0, found ${value}`,
      );
    return value;
  };
  const delivery = readDelivery(options.delivery);
  const onInternalFault: OnInternalFault = (operation, error) => {
    try {
      options.onInternalFault?.(operation, error);
    } catch {
      // A log that fails must not fail a request.
    }
  };
  const clientOf = trustProxies(options.trustProxy ?? []);
  const tokenCache = createTokenCache(store.tokens, clock, onInternalFault);
  const access = createAccess({ tokens, stored: tokenCache, clock, onInternalFault });
  const slots = createStreamSlots({
    maxStreams: positive('maxStreams', 10_000),
    maxStreamsPerAddress: positive('maxStreamsPerAddress', 1_000),
    random,
  });
  const streamOptions = {
    clock,
    random,
    heartbeatMs: delivery.heartbeatMs,
    slots,
    maxBufferedBytes: positive('maxBufferedBytes', 65_536),
  };
  const streams = createStreams(streamOptions);
  const ofrepStreams = createOfrepStreams(streamOptions);
  const replica = createReplica({
    store,
    readOnly,
    clock,
    delivery,
    keptRevisions: positive('keptRevisions', 50),
    onPublish: (publication) => {
      streams.publish(publication);
      ofrepStreams.publish(publication);
      if (publication.etag === `W/"${publication.id}"`) revisions.keep(publication);
      completion.note(replica.target());
      reports.soon();
    },
    onInternalFault,
  });
  const reports = createReplicaReports({
    name: options.replicaName ?? 'switchback',
    table: store.replicas,
    replica,
    streams,
    ofrepStreams,
    clock,
    onHeard: () => completion.note(replica.target()),
    onInternalFault,
  });
  const completion = createCompletion(reports, clock, delivery.ackRate);
  const foreign = createForeignConfirmations({
    table: store.replicas,
    streams,
    clock,
    onConfirmed() {
      completion.note(replica.target());
      reports.soon();
    },
    onInternalFault,
  });
  const revisions = createKeptRevisions({ replica, revisions: store.revisions, clock, onInternalFault });
  const stopStartKills =
    options.startKills === undefined
      ? () => {}
      : applyStartKills(options.startKills, { replica, store, clock, readOnly, onInternalFault });
  const service: Service = {
    store,
    replica,
    streams,
    ofrepStreams,
    reports,
    foreign,
    revisions,
    intake: createIntake(),
    clock,
    delivery,
    completion,
    startedAtMs: clock.now(),
    readOnly,
    onInternalFault,
  };
  const budgetOf = (name: PositiveOption, fallback: number, what: string): AddressBudget =>
    createAddressBudget({ clock, perTenSeconds: positive(name, fallback), what });
  const { plans, probe } = store;
  const gates = createGateRegistry(options.planGates);
  const judge = createJudge(gates, onInternalFault);
  const everyMs = positive('planTickMs', 5_000);
  const stopPlans =
    plans === undefined || readOnly
      ? () => {}
      : startPlanScheduler({ plans, judge, clock, everyMs, onMove: () => void replica.refresh(), onInternalFault });
  const measuring = startMeasuring(service, {
    store,
    pointSink: options.pointSink,
    baselineTickMs: positive('baselineTickMs', 5_000),
  });
  const routes: readonly Route[] = [
    ...publicRoutes(service, budgetOf('maxConfirmationsPerAddress', 5_000, 'confirmations')),
    limitRoute(metricsRoute(service), budgetOf('maxMetricsPerAddress', 2_000, 'batches')),
    ...ofrepRoutes(service, budgetOf('maxEvaluationsPerAddress', 10_000, 'evaluations')),
    ...healthRoutes(service, measuring.exportState),
    ...measuring.routes,
    ...rollbackRoutes(service),
    ...importRoutes(service, nodeDigestOf),
    ...featureRoutes(service, nodeDigestOf),
    ...retireRoutes(service),
    ...readRoutes(service),
    ...numbersRoutes(service),
    ...(store.replicas === undefined ? [] : [acknowledgeRoute(service, store.replicas)]),
    ...(probe === undefined ? [] : [doctorRoute(service, { probe })]),
    ...(plans === undefined ? [] : planRoutes(service, { plans, gates, judge })),
    ...tokenRoutes(service, { tokens: store.tokens, cache: tokenCache, access }),
  ];
  const answer = createRouter([...routes, openapiRoute(routes)], { access, clientOf, readOnly, onInternalFault });
  return {
    fetch: (request, origin = {}) => answer(request, origin),
    ready: Promise.all([replica.ready, tokenCache.ready]).then(() => {}),
    closed: measuring.ended,
    close() {
      tokenCache.close();
      reports.close();
      foreign.close();
      stopPlans();
      measuring.stop();
      stopStartKills();
      streams.close();
      ofrepStreams.close();
      replica.close();
    },
  };
}
