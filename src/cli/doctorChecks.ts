import type { ProbedPart, StoreProbe } from '../service/index.js';
import { Refused, Unreachable, type Api } from './api.js';
import { CliError } from './exit.js';
import { firstEvent } from './firstEvent.js';

/** One thing that was tried. `cure` says what to do where it failed. */
export interface Check {
  readonly name: 'reachability' | 'service' | 'stream' | 'token' | 'clock' | 'database' | 'listen' | 'write' | 'rules';
  readonly status: 'ok' | 'failed' | 'skipped';
  readonly detail: string;
  readonly cure: string;
}

interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly revision: number | null;
  readonly alarms: readonly string[];
}

interface Doctor {
  readonly now: number;
  readonly readOnly: boolean;
  /** Null: nothing was read yet. Absent at older services. */
  readonly broken?: readonly { readonly feature: string; readonly fault: string; readonly detail: string }[] | null;
  readonly store: StoreProbe;
}

/** What two clocks may differ: less than a request takes cannot be told from it. */
const toleratedMs = 2_000;
const streamMs = 3_000;

/** Tries everything in turn; what cannot be tried because of what failed before is skipped. */
export async function examine(api: Api, url: string, onCheck: (name: string) => void): Promise<readonly Check[]> {
  onCheck('reachability');
  const reached = await reach(api);
  if (reached.health === null) return [reached.check];
  onCheck('stream');
  const stream = await tryStream(url);
  onCheck('database');
  return [reached.check, serviceCheck(reached.health), stream, ...(await tryStore(api))];
}

const ok = (name: Check['name'], detail: string): Check => ({ name, status: 'ok', detail, cure: '' });
const failed = (name: Check['name'], detail: string, cure: string): Check => ({ name, status: 'failed', detail, cure });
const skipped = (name: Check['name'], detail: string): Check => ({ name, status: 'skipped', detail, cure: '' });

async function reach(api: Api): Promise<{ readonly check: Check; readonly health: Health | null }> {
  const startedMs = performance.now();
  try {
    const { body } = await api.call<Health>('GET', '/api/health');
    return { check: ok('reachability', `answers in ${Math.round(performance.now() - startedMs)} ms`), health: body };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const cure =
      error instanceof Unreachable
        ? 'start it, open its port, or give another --url'
        : 'give the --url of the service itself: another program answers there';
    return { check: failed('reachability', error.message, cure), health: null };
  }
}

function serviceCheck({ status, revision, alarms }: Health): Check {
  if (status === 'ok') return ok('service', `well, at revision ${revision}`);
  const cure = status === 'down' ? 'it waits for its database' : 'reads go on from memory';
  return failed('service', [status, ...alarms].join('; '), `${cure}; see the lines below and its log`);
}

async function tryStream(url: string): Promise<Check> {
  const found = await firstEvent(`${url}/api/events`, streamMs);
  switch (found.status) {
    case 'event':
      return ok('stream', `first event after ${found.ms} ms`);
    case 'silent':
      return failed(
        'stream',
        `no event within ${streamMs / 1_000} s`,
        'a proxy holds it back: turn buffering and compression off for /api/events (nginx: proxy_buffering off)',
      );
    case 'refused':
      return failed('stream', found.detail, 'let GET /api/events through every proxy, as text/event-stream');
  }
}

async function tryStore(api: Api): Promise<readonly Check[]> {
  const sentMs = Date.now();
  try {
    const { body } = await api.call<Doctor>('POST', '/api/doctor', {});
    // It is looked at as the request arrives: what was tried afterwards does not count.
    return [
      ok('token', 'accepted'),
      clockCheck(body.now - sentMs, body.store),
      ...storeChecks(body),
      ...rulesChecks(body),
    ];
  } catch (error) {
    if (error instanceof Unreachable || !(error instanceof Refused)) throw error;
    if (error.status === 404)
      return [skipped('database', 'the store of this service cannot be tried from outside; look at its log')];
    const cure =
      error.status === 503
        ? 'wait for the database, then try again'
        : 'give the token of an operator: --token or SWITCHBACK_ADMIN_TOKEN';
    const rest = (['clock', 'database', 'listen', 'write', 'rules'] as const).map((name) => skipped(name, 'not tried'));
    return [failed('token', error.message, cure), ...rest];
  }
}

function clockCheck(serviceAheadMs: number, { read, clockAheadMs }: StoreProbe): Check {
  const say = (whose: string, aheadMs: number): string =>
    `${whose} is ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? 'behind' : 'ahead of'}`;
  const cure = 'let both machines keep time (NTP): from, until, plans and tokens go by these clocks';
  if (read.ok && Math.abs(clockAheadMs) > toleratedMs)
    return failed('clock', `${say('the database', clockAheadMs)} the service`, cure);
  if (Math.abs(serviceAheadMs) > toleratedMs)
    return failed('clock', `${say('the service', serviceAheadMs)} this machine`, cure);
  return ok('clock', `${say('the service', serviceAheadMs)} this machine`);
}

const mend: ReadonlyMap<string, string> = new Map([
  ['cycle', 'it was typed into the database: take one of them out with --requires'],
  ['missing', 'it was typed into the database: restore that feature, or take it out with --requires'],
  ['config', 'it was typed into the database: mend it with --config or --config-schema'],
]);

/** What was typed into the database and makes no sense is v1 for everyone until it is mended. */
function rulesChecks({ broken = [] }: Doctor): readonly Check[] {
  if (broken === null) return [skipped('rules', 'not tried: nothing was read yet')];
  if (broken.length === 0) return [ok('rules', 'all of them make sense')];
  return broken.map(({ feature, fault, detail }) =>
    failed('rules', `${feature}: ${detail}`, `${mend.get(fault) ?? 'mend it'} (switchback features edit ${feature})`),
  );
}

function storeChecks({ readOnly, store }: Doctor): readonly Check[] {
  const part = (name: Check['name'], { ok: isOk, ms, detail }: ProbedPart, good: string, cure: string): Check =>
    isOk ? ok(name, `${good} in ${ms} ms`) : failed(name, detail, cure);
  return [
    part(
      'database',
      store.read,
      `PostgreSQL ${store.serverVersion} answers`,
      'look at the database and at SWITCHBACK_DATABASE_URL of the service; published versions are served meanwhile',
    ),
    store.read.ok
      ? part(
          'listen',
          store.listen,
          'a notification arrives',
          'a pooler in transaction mode drops LISTEN: give the service the address of the database itself, or of a pool in session mode, as SWITCHBACK_LISTEN_URL; until then changes arrive by polling, within 2 s',
        )
      : skipped('listen', store.listen.detail),
    store.write === null || !store.read.ok
      ? skipped('write', readOnly ? 'this service is read-only' : (store.write?.detail ?? 'this store is read-only'))
      : part(
          'write',
          store.write,
          'a change could be made (rolled back)',
          'run `switchback migrate`, which grants what the role of the service needs; on a standby, connect to the primary',
        ),
  ];
}
