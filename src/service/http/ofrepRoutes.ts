// Comes in: OFREP requests with a context. Goes out: what our rules give it, in the protocol's words. Who calls: the router.
import { createHash } from 'node:crypto';
import { compareOrder } from '../../evaluate/snapshot.js';
import { ofrepDocs as docs } from '../openapi/routes/ofrepDocs.js';
import { ofrepRequest as takes } from '../openapi/shapes/ofrep.js';
import type { AddressBudget } from './addressBudget.js';
import { readOfrepContext } from './ofrepContext.js';
import { answerOfrep, OfrepRefusal } from './ofrepRefusal.js';
import { readOfrepRules, type OfrepRules } from './ofrepRules.js';
import { configEtagOf } from './ofrepStreams.js';
import { unavailable } from './problem.js';
import type { Publication } from './publish.js';
import type { Call, Route } from './router.js';
import { currentOf, json, type Service } from './service.js';
import { streamHeaders } from './streams.js';

/** A hundred flags take about a millisecond. */
const flagsPerEvaluation = 100;
const minRefreshMs = 500;
const maxRefreshWaitMs = 1_000;
const eventStreams = [{ type: 'sse', endpoint: { requestUri: '/ofrep/v1/events' }, inactivityDelaySec: 120 }] as const;

/**
 * OpenFeature Remote Evaluation Protocol: any OpenFeature client may ask us.
 * @source docs/contracts.md part 10; the protocol's version is 0.3
 * @param budget of evaluations; a bulk one counts once for every hundred flags
 */
export function ofrepRoutes(service: Service, budget: AddressBudget): readonly Route[] {
  const { replica, clock, ofrepStreams: streams } = service;
  let read: { readonly of: Publication; readonly rules: OfrepRules } | null = null;
  let refreshedAtMs = -Infinity;

  const rulesOf = (publication: Publication): OfrepRules => {
    if (read?.of !== publication) read = { of: publication, rules: readOfrepRules(publication, clock) };
    return read.rules;
  };
  /**
   * What was read; else what this process was told to roll back: a client that is answered 503 goes on with the v2 it knows. Only
   * once reading has failed, for whoever takes such an answer lets go of every other flag.
   */
  const knownTo = async (): Promise<Publication> => {
    if (replica.current() === null) await replica.ready;
    return replica.current() ?? replica.decree() ?? currentOf(service);
  };
  const admit = (address: string, flags: number): void => budget.spend(address, Math.ceil(flags / flagsPerEvaluation));

  /** Another replica may have told the client of a change that has not come here: the database is asked, at most twice a second. */
  const catchUp = async (flagConfigEtag: string | null): Promise<boolean> => {
    const [, epoch, revision] = /^"?(\d{1,15})-(\d{1,15})/.exec(flagConfigEtag ?? '') ?? [];
    if (epoch === undefined || revision === undefined) return true;
    const told = { epoch: Number(epoch), revision: Number(revision) };
    const isBehind = (): boolean => compareOrder(told, replica.current() ?? { epoch: 0, revision: 0 }) > 0;
    const nowMs = clock.now();
    if (isBehind() && Math.abs(nowMs - refreshedAtMs) >= minRefreshMs) {
      refreshedAtMs = nowMs;
      let cancel = (): void => {};
      const tooLong = new Promise<void>((resolve) => (cancel = clock.after(maxRefreshWaitMs, resolve)));
      await Promise.race([replica.refresh(), tooLong]);
      cancel();
    }
    return !isBehind();
  };

  const single = ({ request, param, address }: Call): Promise<Response> => {
    const key = param('key');
    return answerOfrep(key, async () => {
      admit(address, 1);
      const context = await readOfrepContext(request);
      const publication = await knownTo();
      const { areWhole, flagOf } = rulesOf(publication);
      const flag = flagOf(key, context);
      if (flag === undefined && !areWhole) throw unavailable(unread);
      if (flag === undefined) throw new OfrepRefusal('FLAG_NOT_FOUND', 'there is no such feature');
      return json({ ...flag, metadata: { ...flag.metadata, ...orderOf(publication, areWhole) } });
    });
  };

  const bulk = ({ request, query, address }: Call): Promise<Response> =>
    answerOfrep(null, async () => {
      admit(address, Math.max(1, replica.current()?.features.size ?? 1));
      const context = await readOfrepContext(request);
      const isCurrent = await catchUp(query.get('flagConfigEtag'));
      const publication = await knownTo();
      const { areWhole, keys, flagOf } = rulesOf(publication);
      const flags = keys.map((key) => flagOf(key, context));
      const isEmergency = publication.emergency !== null;
      const said = JSON.stringify({ flags, emergency: isEmergency });
      // Weak: the revision may go on while this context's answers stay.
      const etag = `W/"${createHash('sha256').update(said).digest('base64url').slice(0, 22)}"`;
      // A client that knows of something newer must not be told that nothing changed.
      if (isCurrent && matches(request.headers.get('if-none-match'), etag))
        return new Response(null, { status: 304, headers: { etag } });
      const order = orderOf(publication, areWhole);
      const metadata = { ...order, emergency: isEmergency, configEtag: configEtagOf(publication) };
      return json({ flags, metadata, eventStreams }, { headers: { etag } });
    });

  const events = ({ request, query, origin, address }: Call): Promise<Response> =>
    answerOfrep(null, async () => {
      const current = await knownTo();
      if (request.method === 'HEAD') return new Response(null, { headers: streamHeaders });
      const lastEventId = request.headers.get('last-event-id') ?? query.get('lastEventId');
      return streams.open({ address, lastEventId, disconnect: origin.disconnect }, current);
    });

  const isPublic = { access: 'public', changes: false } as const;
  return [
    { method: 'POST', path: '/ofrep/v1/evaluate/flags/:key', ...isPublic, takes, doc: docs.single, run: single },
    { method: 'POST', path: '/ofrep/v1/evaluate/flags', ...isPublic, takes, doc: docs.bulk, run: bulk },
    { method: 'GET', path: '/ofrep/v1/events', ...isPublic, doc: docs.events, run: events },
  ];
}

const unread = 'the database was not reachable since this service started';

/** What is decreed has no order: `killsOnly` says that there is nothing else. */
const orderOf = ({ epoch, revision }: Publication, areWhole: boolean) =>
  areWhole ? { epoch, revision } : { killsOnly: true as const };

function matches(ifNoneMatch: string | null, etag: string): boolean {
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}
