// Snapshot reads a second, and what the database hears of them.
import { setTimeout as delay } from 'node:timers/promises';

/** @returns rows of what was measured */
export async function measureReads({ start, startGenerator, seconds, connections }) {
  const service = await start();
  const generator = startGenerator();
  const rows = [];
  try {
    await service.sql.query(
      `INSERT INTO feature_flags (feature, enabled, percentage) SELECT 'feature' || i, true, 50 FROM generate_series(1, 20) AS i`,
    );
    // Until this is published, and what the start asked is counted.
    await delay(1_000);
    let reads = 0;
    const before = await countTransactions(service.sql);
    const startedMs = performance.now();
    for (const withEtag of [false, true]) {
      const { byStatus, tookMs, bodyBytes } = await generator.ask('readSnapshots', {
        url: service.url,
        connections,
        seconds,
        withEtag,
      });
      const wanted = withEtag ? 304 : 200;
      const count = byStatus[wanted] ?? 0;
      const others = Object.keys(byStatus).filter((status) => Number(status) !== wanted);
      reads += count;
      rows.push({
        what: `snapshot reads, ${connections} connections, ${withEtag ? 'with its ETag (304)' : `whole (${(bodyBytes / 1_024).toFixed(1)} KiB)`}`,
        measured: `${Math.round((count / tookMs) * 1_000).toLocaleString('en')} a second`,
        goal: 'no other status',
        isMet: others.length === 0,
      });
    }
    const tookS = (performance.now() - startedMs) / 1_000;
    const during = (await countTransactions(service.sql)) - before;
    // Read as many seconds without any reader: what the service asks by itself.
    const idleBefore = await countTransactions(service.sql);
    const idleMs = performance.now();
    await delay(Math.min(tookS, 12) * 1_000);
    const idle = (await countTransactions(service.sql)) - idleBefore;
    const idleS = (performance.now() - idleMs) / 1_000;
    rows.push({
      what: `transactions a second in the database during ${reads.toLocaleString('en')} reads (and without any)`,
      measured: `${(during / tookS).toFixed(1)} (${(idle / idleS).toFixed(1)})`,
      goal: 'no more than 5 more',
      isMet: during / tookS <= idle / idleS + 5,
    });
  } finally {
    await generator.close();
    await service.stop();
  }
  return rows;
}

async function countTransactions(sql) {
  // Backends report theirs with a delay of up to a second.
  await delay(1_500);
  const { rows } = await sql.query(
    'SELECT (xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0].count;
}
