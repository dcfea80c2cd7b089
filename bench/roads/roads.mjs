// The roads of a rollback: each is a command that gives v1 to everybody who looks.
import { feature } from './fleet.mjs';

const killed = (snapshot) => ({
  ...snapshot,
  revision: snapshot.revision + 1,
  kills: [feature],
  publishedAt: new Date().toISOString(),
});

/** By name; each gets the world and returns when its command is done. `null` in `states`: the state does not touch this road. */
export const roads = {
  'POST /api/features/disable': ({ fleet }) => fleet.send('POST', '/api/features/disable', { feature }),
  'POST /api/emergency/rollback': ({ fleet }) => fleet.send('POST', '/api/emergency/rollback', {}),
  'POST /admin/flags': ({ fleet }) => fleet.send('POST', '/admin/flags', { flag: feature, enabled: false }),
  'switchback rollback': ({ fleet }) => fleet.command('rollback', feature, '--reason', 'bench'),
  'environment at start': ({ fleet }) => fleet.second.start({ SWITCHBACK_DISABLE: feature }),
  // Where somebody holds the row, an UPDATE waits for them; an INSERT never does.
  'SQL in psql': ({ fleet, state }) =>
    fleet.psql(
      state === 'BEGIN; UPDATE held open'
        ? `INSERT INTO rollbacks (feature) VALUES ('${feature}')`
        : `UPDATE feature_flags SET enabled = false WHERE feature = '${feature}'`,
    ),
  'percentage to 0': ({ fleet }) =>
    fleet.send('PATCH', `/api/features/${feature}`, { percentage: 0 }, { 'if-match': '*' }),
  'deny by user': ({ fleet, users }) =>
    fleet.send('PATCH', `/api/features/${feature}`, { deniedUsers: users }, { 'if-match': '*' }),
  'static snapshot on a CDN': ({ cdn, staticSnapshot }) => Promise.resolve(cdn.publish(killed(staticSnapshot))),
  applySnapshot: async ({ fleet, pages }) => {
    const snapshot = killed(await fleet.first.snapshot().catch(() => fleet.second.snapshot()));
    for (const page of pages) await page.evaluate((value) => window.applySnapshot(value), snapshot);
  },
};

const service = (road) => road !== 'static snapshot on a CDN' && road !== 'applySnapshot';

/** What has just happened when the command is given; `touches` says which roads it can matter to. */
export const states = {
  live: { touches: () => true, begin: () => {} },
  'stream reset': { touches: service, begin: ({ balancer }) => balancer.reset() },
  'silent black hole': {
    touches: (road) => road !== 'applySnapshot',
    begin: ({ balancer, cdnBalancer }) => {
      balancer.swallow();
      cdnBalancer.swallow();
    },
  },
  'LISTEN terminated': {
    touches: service,
    begin: ({ fleet }) =>
      fleet.sql.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'switchback-listen'",
      ),
  },
  'a cache in front': { touches: (road) => road !== 'applySnapshot', begin: () => {} },
  'leader tab frozen': {
    touches: service,
    begin: async ({ leaders, sessions }) => {
      for (const leader of leaders) {
        // Nothing runs in it any more, and the browser does not know: locks and connections stay its own.
        const session = await leader.context().newCDPSession(leader);
        await session.send('Debugger.enable');
        const paused = new Promise((resolve) => session.once('Debugger.paused', resolve));
        await session.send('Debugger.pause');
        await paused;
        sessions.push(session);
      }
    },
  },
  'cold start from a stored v2': { touches: () => true, begin: () => {} },
  'BEGIN; UPDATE held open': {
    // The row is somebody's: what has to write it is answered 503 within 2 s and says so.
    touches: (road) => service(road) && road !== 'percentage to 0' && road !== 'deny by user',
    begin: ({ holder }) =>
      holder.query(`BEGIN; UPDATE feature_flags SET owner = 'somebody' WHERE feature = '${feature}'`),
  },
  'a replica killed': { touches: service, begin: ({ fleet }) => fleet.first.stop('SIGKILL') },
};
