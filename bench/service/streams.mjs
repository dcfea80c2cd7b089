// Streams held by one process: what each costs, how soon a change has come to all, and whether holding them makes it grow.
import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from './generate.mjs';

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** A snapshot as large as one that still travels in the stream: 16 KiB and no more. */
const bodies = [
  { name: '20 features', fill: 0 },
  { name: 'the largest that is streamed', fill: 12_400 },
];

/** @returns rows of what was measured; `settleMs` is more than a heartbeat where memory and time matter */
export async function measureStreams({ start, startGenerator, count, changes, holdMinutes, settleMs, say }) {
  const service = await start(['--max-streams', String(count + 100), '--max-streams-per-address', String(count + 100)]);
  const generator = startGenerator();
  const rows = [];
  try {
    await service.sql.query(
      `INSERT INTO feature_flags (feature, enabled, percentage, description) SELECT 'feature' || i, true, 50, '' FROM generate_series(1, 20) AS i`,
    );
    // What is loaded and compiled once is not the streams'.
    await generator.ask('openStreams', { url: service.url, count: Math.ceil(count / 10) });
    await change(service, generator, Math.ceil(count / 10));
    await generator.ask('closeStreams');
    await delay(settleMs / 2);
    const beforeKib = service.rssKib();
    const opened = await generator.ask('openStreams', { url: service.url, count });
    if (opened.open < count) throw new Error(`${opened.open} of ${count} streams opened: ${opened.why}`);
    // More than a heartbeat, so that each was written to once more.
    await delay(settleMs);
    const openKib = service.rssKib();
    rows.push({
      what: `${number(count)} streams opened`,
      measured: `${number((count / opened.tookMs) * 1_000)} a second`,
      goal: '–',
      isMet: null,
    });
    const eachKib = (openKib - beforeKib) / count;
    rows.push({
      what: `memory of the service for each of ${number(count)} streams (${mb(beforeKib)} before, ${mb(openKib)} with them)`,
      measured: `${eachKib.toFixed(1)} KiB`,
      goal: '≤ 32 KiB',
      isMet: eachKib <= 32,
    });
    for (const { name, fill } of bodies) {
      await service.sql.query(
        `UPDATE feature_flags SET config = jsonb_build_object('fill', repeat('x', $1)) WHERE feature = 'feature1'`,
        [fill],
      );
      await delay(settleMs / 5);
      const all = [];
      let missed = 0;
      let bytes = 0;
      for (let round = 0; round < changes; round++) {
        const { delaysMs, bodyBytes } = await change(service, generator, count);
        all.push(...delaysMs);
        missed += count - delaysMs.length;
        bytes = bodyBytes;
        await delay(settleMs / 20);
      }
      all.sort((a, b) => a - b);
      rows.push({
        what: `a change, whole, to ${number(count)} streams: ${name}, ${(bytes / 1_024).toFixed(1)} KiB (p50, p99, last)`,
        measured:
          [0.5, 0.99, 1].map((share) => `${number(quantile(all, share))} ms`).join(', ') +
          (missed > 0 ? `; ${missed} missed` : ''),
        goal: 'p99 ≤ 1,000 ms, none missed',
        isMet: missed === 0 && quantile(all, 0.99) <= 1_000,
      });
    }
    await service.sql.query(`UPDATE feature_flags SET config = '{}' WHERE feature = 'feature1'`);
    if (holdMinutes > 0) rows.push(await hold({ service, generator, count, holdMinutes, say }));
  } finally {
    await generator.close();
    await service.stop();
  }
  return rows;
}

/** One change, from its COMMIT being sent (so that the commit counts too) to its last byte on every stream. */
async function change({ sql, url }, generator, count) {
  await sql.query('BEGIN');
  await sql.query(`UPDATE feature_flags SET percentage = 101 - percentage WHERE feature = 'feature2'`);
  const startedMs = nowMs();
  await sql.query('COMMIT');
  const { rows } = await sql.query('SELECT epoch, revision FROM switchback_state');
  const times = await generator.ask('arrivals', {
    id: `${rows[0].epoch}-${rows[0].revision}`,
    all: count,
    waitMs: 10_000,
  });
  const body = await fetch(`${url}/api/snapshot`);
  return { delaysMs: times.map((ms) => ms - startedMs), bodyBytes: (await body.arrayBuffer()).byteLength };
}

/** Holds the streams, with a change every half minute. */
async function hold({ service, generator, count, holdMinutes, say }) {
  await delay(15_000);
  const startKib = service.rssKib();
  let mostKib = startKib;
  const untilMs = nowMs() + holdMinutes * 60_000;
  while (nowMs() < untilMs) {
    await delay(Math.min(30_000, untilMs - nowMs()));
    await change(service, generator, count);
    mostKib = Math.max(mostKib, service.rssKib());
    say(`held: ${mb(service.rssKib())}`);
  }
  const left = await generator.ask('countStreams');
  const grownMb = ((service.rssKib() - startKib) * 1_024) / 1e6;
  return {
    what: `${number(count)} streams held for ${holdMinutes} min, a change every 30 s: growth (${mb(startKib)} at first, ${mb(mostKib)} at most), streams left`,
    measured: `${grownMb.toFixed(0)} MB, ${number(left)}`,
    goal: `< 150 MB, ${number(count)}`,
    isMet: grownMb < 150 && left === count,
  };
}

const number = (value) => Math.round(value).toLocaleString('en');
const mb = (kib) => `${((kib * 1_024) / 1e6).toFixed(0)} MB`;
