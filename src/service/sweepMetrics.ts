import type { OnInternalFault } from '../error.js';
import type { Queryable } from './database.js';

const everyMs = 10 * 60_000;
/** Batches are recognised as duplicates for 48 h; what they add up to is kept for 30 days; what was published for 24 h. */
const sweeps = [
  `DELETE FROM metric_senders WHERE sender_id IN
    (SELECT sender_id FROM metric_senders WHERE last_at < now() - interval '48 hours' LIMIT 5000)`,
  `DELETE FROM metric_buckets WHERE ctid IN (SELECT ctid FROM metric_buckets
    WHERE start_ms < extract(epoch FROM now() - interval '30 days') * 1000 LIMIT 5000)`,
  `DELETE FROM stage_units WHERE ctid IN (SELECT ctid FROM stage_units
    WHERE last_ms < extract(epoch FROM now() - interval '30 days') * 1000 LIMIT 5000)`,
  "DELETE FROM revisions WHERE stored_at < now() - interval '24 hours'",
  // Each has up to 200 kB, so a day of scripted changes has a bound too.
  `DELETE FROM revisions WHERE (epoch, revision) IN
    (SELECT epoch, revision FROM revisions ORDER BY epoch DESC, revision DESC OFFSET 2000)`,
  "DELETE FROM replicas WHERE seen_at < now() - interval '10 minutes'",
];

/** Deletes what is too old, every 10 minutes. @returns stop */
export function sweepMetrics(database: Queryable, onInternalFault: OnInternalFault): () => void {
  const timer = setInterval(() => {
    for (const sql of sweeps) database.query(sql).catch((error: unknown) => onInternalFault('sweep', error));
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
