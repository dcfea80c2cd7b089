import { expect, onTestFinished, test } from 'vitest';
import type { ServiceClock } from '../../../src/service/clock.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';
import { byAda, openStore } from '../store/openStore.js';
import { openStream, startRunning } from './running.js';

const opened = openStore();
const yearMs = 31_557_600_000;

/** The clock of this machine, set by whoever likes; what is waited for does not depend on it. */
function wrongClock(): ServiceClock & { aheadMs: number } {
  const clock = {
    aheadMs: 0,
    now: () => Date.now() + clock.aheadMs,
    after(delayMs: number, run: () => void) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
  return clock;
}

const json = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;

test('goes on when its clock jumps by a year, there and back: streams, changes, tokens, throttles, old revisions', async () => {
  const clock = wrongClock();
  const { store } = opened;
  await store.createFeature('panel', { enabled: true, percentage: 10 }, byAda);
  const { url, get, send, faults } = await startRunning(store, { clock, delivery: { heartbeatMs: 100 } });
  const other = await createPostgresStore({ connectionString: opened.serviceUrl });
  onTestFinished(() => other.close());
  const made = await json(send('POST', '/api/tokens', { name: 'ci', role: 'operator' }));
  const token = String(made['secret']);
  const stream = await openStream(url);
  const { data: hello } = await stream.next('hello');

  let percentage = 10;
  for (const aheadMs of [yearMs, 0, -yearMs, 0, 3 * yearMs, -yearMs]) {
    clock.aheadMs = aheadMs;
    percentage += 1;
    const change = { percentage, reason: 'a jump' };
    const changed = await send('PATCH', '/api/features/panel', change, { token, headers: { 'if-match': '*' } });
    expect(changed.status).toBe(200);
    // Through another replica: heard of all the same.
    const { epoch, revision } = await other.changeFeature('panel', { owner: `at ${aheadMs}` }, null, byAda);
    for (;;) if ((await stream.next('snapshot')).data['revision'] === revision) break;
    await stream.next('heartbeat');
    expect((await get(`/api/snapshot/${epoch}-${revision}`)).status).toBe(200);
    // One that nobody kept is looked for again after a while, not after a year.
    expect((await get(`/api/snapshot/${epoch}-0`)).status).toBe(404);
    expect(await json(get('/api/health'))).toMatchObject({ status: 'ok', writable: true });
    expect((await get('/api/health/rollback-status')).status).toBe(200);
    const evaluated = { method: 'POST', body: JSON.stringify({ context: { targetingKey: 'user-1' } }) };
    const headers = { 'content-type': 'application/json' };
    expect((await get('/ofrep/v1/evaluate/flags', { ...evaluated, headers })).status).toBe(200);
  }

  // Ten wrong tokens of one minute, and then it is another year.
  const wrong = async () =>
    (await send('GET', '/api/features', undefined, { token: 'wrong-token-wrong-token' })).status;
  for (let at = 0; at < 11; at += 1) await wrong();
  expect(await wrong()).toBe(429);
  for (const aheadMs of [-3 * yearMs, 0, yearMs]) {
    clock.aheadMs = aheadMs;
    expect(await wrong()).toBe(401);
    for (let at = 0; at < 11; at += 1) await wrong();
  }
  expect(hello['now']).toBeTypeOf('number');
  expect(faults.filter((fault) => !fault.startsWith('access: '))).toEqual([]);
}, 60_000);

test('a replica with a clock an hour ahead or behind does not say that a rollback is complete before it is', async () => {
  const { store } = opened;
  await store.createFeature('panel', { enabled: true, percentage: 10 }, byAda);
  for (const aheadMs of [3_600_000, -3_600_000]) {
    const clock = wrongClock();
    clock.aheadMs = aheadMs;
    const { url, get, send, close } = await startRunning(store, { clock });
    await (await openStream(url)).next('snapshot');
    expect((await send('POST', '/api/features/disable', { feature: 'panel' })).status).toBe(200);
    const status = () => json(get('/api/health/rollback-status'));
    expect(await status()).toMatchObject({
      rollbackComplete: false,
      blockers: [
        '1 of 1 streams have not confirmed',
        expect.stringMatching(/^v2 must not be seen for (29|30) s more$/),
      ],
    });
    clock.aheadMs += 31_000;
    expect(await status()).toMatchObject({ rollbackComplete: true });
    expect((await send('POST', '/api/features/enable', { feature: 'panel', reason: 'again' })).status).toBe(200);
    await close();
  }
}, 30_000);
