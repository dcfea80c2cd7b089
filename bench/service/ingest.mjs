// Metrics of many senders: how many batches a second are answered after their commit, and whether one that was is ever lost.
import { setTimeout as delay } from 'node:timers/promises';

/** All senders here have one address, which no thousand pages have. */
export const noCap = ['--max-metrics-per-address', '1000000'];
const features = Array.from({ length: 8 }, (_, index) => `feature${index + 1}`);

/** @returns rows of what was measured */
export async function measureIngest({ start, startGenerator, senders, seconds }) {
  const service = await start(noCap);
  const generator = startGenerator();
  try {
    const rows = [];
    const common = { url: service.url, senders, seconds, features, ...(await prepare(service)) };
    // As browsers send: each every 10 s.
    const calm = await generator.ask('sendBatches', { ...common, seconds: 3 * seconds, pauseMs: 10_000 });
    rows.push(rate(`${number(senders)} senders, each every 10 s`, calm));
    const busy = await generator.ask('sendBatches', { ...common, senders: Math.min(64, senders) });
    rows.push(rate(`64 senders that send on when they are answered`, busy));
    const most = await generator.ask('sendBatches', common);
    rows.push(rate(`${number(senders)} senders that send on when they are answered`, most));
    const lost = await countLost(service.sql, [...calm.acknowledged, ...busy.acknowledged, ...most.acknowledged]);
    rows.push(lostRow('none stopped', lost));
    return rows;
  } finally {
    await generator.close();
    await service.stop();
  }
}

const endings = [
  { name: 'SIGTERM', end: (service) => service.stop() },
  { name: 'kill -9', end: (service) => service.kill() },
  { name: 'kill -9, and of PostgreSQL too', end: (service) => service.kill({ database: true }) },
];

/** Ends the service under load, three ways, and asks the database after a restart. @returns a row for each */
export async function measureLoss({ start, startGenerator, senders, seconds }) {
  const rows = [];
  for (const { name, end } of endings) {
    const service = await start(noCap);
    const generator = startGenerator();
    let again;
    try {
      const sending = generator.ask('sendBatches', {
        url: service.url,
        senders,
        seconds: 600,
        features,
        ...(await prepare(service)),
      });
      await delay(seconds * 1_000);
      // Whatever the machine, some must have been taken before it ends.
      while ((await generator.ask('sentSoFar')) < senders) await delay(100);
      await end(service);
      const { acknowledged } = await sending;
      again = await start([], service);
      rows.push(lostRow(name, await countLost(again.sql, acknowledged)));
    } finally {
      await generator.close();
      await (again ?? service).stop();
    }
  }
  return rows;
}

/** Makes the features, and waits until they are published. */
export async function prepare({ sql, url }) {
  await sql.query(
    `INSERT INTO feature_flags (feature, enabled, percentage) SELECT unnest($1::text[]), true, 50 ON CONFLICT DO NOTHING`,
    [features],
  );
  for (;;) {
    const { epoch, revision, features: published } = await (await fetch(`${url}/api/snapshot`)).json();
    if (Object.keys(published).length >= features.length) return { epoch, revision };
    await delay(50);
  }
}

/** What was acknowledged and is not there, and whether the totals are those of the batches that are. */
async function countLost(sql, acknowledged) {
  const { rows } = await sql.query(
    `SELECT sender_id AS id, array_agg(seq::int) AS seqs FROM metric_senders, unnest(seqs) AS part,
      generate_series(lower(part), upper(part) - 1) AS seq GROUP BY sender_id`,
  );
  const stored = new Map(rows.map(({ id, seqs }) => [id, new Set(seqs)]));
  let taken = 0;
  let lost = 0;
  for (const [id, seqs] of acknowledged)
    for (const seq of seqs) {
      taken += 1;
      if (!stored.get(id)?.has(seq)) lost += 1;
    }
  let batches = 0;
  for (const seqs of stored.values()) batches += seqs.size;
  const [totals] = (await sql.query('SELECT coalesce(sum(exposures), 0)::float8 AS exposures FROM metric_buckets'))
    .rows;
  return { taken, lost, batches, half: totals.exposures - batches * features.length };
}

const lostRow = (name, { taken, lost, batches, half }) => ({
  what: `metrics, ${name}: ${number(taken)} batches acknowledged, ${number(batches)} stored: lost; buckets too many or too few`,
  measured: `${lost}; ${half}`,
  goal: '0; 0',
  isMet: taken > 0 && lost === 0 && half === 0,
});

function rate(name, { byStatus, bytes, tookMs, p50Ms, p99Ms }) {
  const { 200: taken = 0, ...others } = byStatus;
  const refused = Object.entries(others).map(([status, count]) => `, ${number(count)} × ${status}`);
  return {
    what: `metrics, ${name}: batches of 8 buckets, ${(bytes / 1_024).toFixed(1)} KiB, answered after commit (p50, p99)`,
    measured: `${number((taken / tookMs) * 1_000)} a second (${number(p50Ms)}, ${number(p99Ms)} ms)${refused.join('')}`,
    goal: '–',
    isMet: null,
  };
}

const number = (value) => Math.round(value).toLocaleString('en');
