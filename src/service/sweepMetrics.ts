import type { OnInternalFault } from '../error.js';
import type { Queryable } from './database.js';

const everyMs = 10 * 60_000;
/** Batches are recognised as duplicates for 48 h; what they add up to is kept for 30 days. */
const sweeps = [
  `DELETE FROM metric_senders WHERE sender_id IN
    (SELECT sender_id FROM metric_senders WHERE last_at < now() - interval '48 hours' LIMIT 5000)`,
  `DELETE FROM metric_buckets WHERE ctid IN (SELECT ctid FROM metric_buckets
    WHERE start_ms < extract(epoch FROM now() - interval '30 days') * 1000 LIMIT 5000)`,
  `DELETE FROM stage_units WHERE ctid IN (SELECT ctid FROM stage_units
    WHERE last_ms < extract(epoch FROM now() - interval '30 days') * 1000 LIMIT 5000)`,
];

/** Deletes metrics that are too old, every 10 minutes. @returns stop */
export function sweepMetrics(database: Queryable, onInternalFault: OnInternalFault): () => void {
  const timer = setInterval(() => {
    for (const sql of sweeps) database.query(sql).catch((error: unknown) => onInternalFault('sweep', error));
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
