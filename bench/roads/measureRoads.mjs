// From a command to the first frame with v1 and without v2, by road and by state.
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { launchChromium, servePage } from '../page.mjs';
import { startFleet } from './fleet.mjs';
import { startBalancer, startCdn } from './network.mjs';
import { roads, states } from './roads.mjs';

/** The cells of a matrix, in the order in which they are measured. */
export const cellsOf = (roadNames, stateNames) =>
  stateNames.flatMap((state) =>
    roadNames.filter((road) => states[state].touches(road)).map((road) => ({ road, state })),
  );

const nowMs = () => performance.timeOrigin + performance.now();

async function frameOf(page, version, timeoutMs) {
  const handle = await page.waitForFunction(
    (wanted) => (window.lastFrame?.version === wanted ? window.lastFrame.atMs : null),
    version,
    { timeout: timeoutMs, polling: 50 },
  );
  return handle.jsonValue();
}

/**
 * Measures cells of the matrix; `users` look in each of `runs` runs, and the slowest of them all counts.
 * @returns rows of { road, state, samples, maxMs, medianMs }
 */
export async function measureRoads(options) {
  const {
    runs,
    users: userCount,
    roadNames,
    stateNames,
    timeoutMs = 60_000,
    pollMs = 15_000,
    log = () => {},
  } = options;
  const closers = [];
  const opened = (thing, close) => {
    closers.push(close);
    return thing;
  };
  try {
    const fleet = opened(await startFleet(), () => fleet.close());
    const balancer = opened(await startBalancer([fleet.first.port, fleet.second.port]), () => balancer.close());
    const cdn = opened(await startCdn(() => balancer.url), () => cdn.close());
    const cdnBalancer = opened(await startBalancer([cdn.port]), () => cdnBalancer.close());
    const holder = opened(new pg.Client({ connectionString: fleet.connectionString }), () => holder.end());
    await holder.connect();
    const site = opened(await servePage(fileURLToPath(new URL('./page.tsx', import.meta.url))), () => site.close());
    const browser = opened(await launchChromium(), () => browser.close());
    const users = Array.from({ length: userCount }, (_, at) => `user-${at}`);
    const world = { fleet, balancer, cdn, cdnBalancer, holder, users };
    let staticRevision = 0;

    const measureOnce = async (road, state) => {
      await fleet.bringBack();
      const isStatic = road === 'static snapshot on a CDN';
      const isCold = state === 'cold start from a stored v2';
      staticRevision += 2;
      const base = await fleet.first.snapshot();
      const staticSnapshot = {
        ...base,
        revision: base.revision + staticRevision,
        delivery: { ...base.delivery, pollMs },
      };
      cdn.publish(staticSnapshot);
      cdn.keepFileFor(state === 'a cache in front' ? 2_000 : 0);
      const api = isStatic
        ? `${cdnBalancer.url}/static`
        : state === 'a cache in front'
          ? `${cdnBalancer.url}/api`
          : `${balancer.url}/api`;
      const sessions = [];
      const contexts = await Promise.all(users.map(() => browser.newContext()));
      const open = (stored) =>
        Promise.all(
          contexts.map(async (context, at) => {
            const page = await context.newPage();
            const query = new URLSearchParams({ api, user: users[at], ...(stored ? { stored: '' } : {}) });
            await page.goto(`${site.url}?${query}`);
            return page;
          }),
        );
      try {
        const leaders = state === 'leader tab frozen' ? await open(false) : [];
        for (const leader of leaders) await frameOf(leader, 'v2', timeoutMs);
        let pages = await open(isCold);
        for (const page of pages) await frameOf(page, 'v2', timeoutMs);
        const here = { ...world, staticSnapshot, leaders, sessions, state };
        // Just after a poll: the whole time to the next one is still to come.
        if (isStatic || state === 'a cache in front') await pages[0].waitForTimeout(2_500);
        if (isCold) {
          // What is stored is stored soon after it is shown.
          await pages[0].waitForTimeout(500);
          for (const page of pages) await page.close();
        }
        if (road === 'environment at start') await fleet.second.stop();
        await states[state].begin(here);
        const startedMs = nowMs();
        // Who starts cold is there after the command, except where the page itself is told.
        if (isCold && road === 'applySnapshot') pages = await open(true);
        const command = roads[road]({ ...here, pages }).then(
          () => null,
          (error) => error,
        );
        if (isCold && road !== 'applySnapshot') pages = await open(true);
        const delaysMs = await Promise.all(
          pages.map((page) =>
            frameOf(page, 'v1', timeoutMs).then(
              (atMs) => atMs - startedMs,
              () => Infinity,
            ),
          ),
        );
        const error = await command;
        if (error !== null) throw error;
        return delaysMs;
      } finally {
        await Promise.all(sessions.map((session) => session.send('Debugger.resume')));
        await Promise.all(contexts.map((context) => context.close()));
        balancer.reset();
        cdnBalancer.reset();
        if (state === 'BEGIN; UPDATE held open') await holder.query('ROLLBACK');
        if (state === 'a replica killed') await fleet.first.start();
      }
    };

    const rows = [];
    const cells = cellsOf(roadNames, stateNames);
    for (const { road, state } of cells) {
      const delaysMs = [];
      for (let run = 0; run < runs; run += 1) delaysMs.push(...(await measureOnce(road, state)));
      if (road === 'environment at start') {
        await fleet.second.stop();
        await fleet.second.start();
      }
      delaysMs.sort((a, b) => a - b);
      const row = {
        road,
        state,
        samples: delaysMs.length,
        medianMs: Math.round(delaysMs[Math.floor(delaysMs.length / 2)]),
        maxMs: Math.round(delaysMs.at(-1)),
      };
      rows.push(row);
      log(row, cells.slice(rows.length));
    }
    return rows;
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
