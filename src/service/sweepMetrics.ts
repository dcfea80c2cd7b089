import type { OnInternalFault } from '../error.js';
import type { Database } from './database.js';
import { addToTotals } from './export/addToTotals.js';
import { readLevels, type Retention } from './metrics/retention.js';
import { rollUp } from './metrics/rollUp.js';
import { StoreError } from './store.js';

const sweepMs = 10 * 60_000;
const rollUpMs = 5_000;
/** Batches are recognised as duplicates for 48 h; names that nobody sends any more lose their place; what was published is kept for 24 h. */
const sweepsOf = ({ daysHours, usersHours }: Required<Retention>): readonly string[] => [
  `DELETE FROM metric_senders WHERE sender_id IN
    (SELECT sender_id FROM metric_senders WHERE last_at < now() - interval '48 hours' LIMIT 5000)`,
  `DELETE FROM metric_buckets WHERE ctid IN (SELECT ctid FROM metric_buckets
    WHERE start_ms < extract(epoch FROM now() - interval '${daysHours} hours') * 1000 LIMIT 5000)`,
  `DELETE FROM stage_units WHERE ctid IN (SELECT ctid FROM stage_units
    WHERE last_ms < extract(epoch FROM now() - interval '${usersHours} hours') * 1000 LIMIT 5000)`,
  "DELETE FROM metric_series WHERE seen_at < now() - interval '48 hours'",
  "DELETE FROM revisions WHERE stored_at < now() - interval '24 hours'",
  // Each has up to 200 kB, so a day of scripted changes has a bound too.
  `DELETE FROM revisions WHERE (epoch, revision) IN
    (SELECT epoch, revision FROM revisions ORDER BY epoch DESC, revision DESC OFFSET 2000)`,
  "DELETE FROM replicas WHERE seen_at < now() - interval '10 minutes'",
];

/** Adds up every 5 s what batches brought, and deletes every 10 minutes what is too old. @returns stop */
export function sweepMetrics(
  database: Database,
  retention: Required<Retention>,
  onInternalFault: OnInternalFault,
): () => void {
  const levels = readLevels(retention);
  let isRolling = false;
  const roll = async (): Promise<void> => {
    if (isRolling) return;
    isRolling = true;
    try {
      await rollUp(database, levels, addToTotals);
    } catch (error) {
      // That the database is away is said by who needs it.
      if (!(error instanceof StoreError && error.code === 'unavailable')) onInternalFault('rollUp', error);
    }
    isRolling = false;
  };
  const rolling = setInterval(() => void roll(), rollUpMs);
  const sweeping = setInterval(() => {
    for (const sql of sweepsOf(retention))
      database.query(sql).catch((error: unknown) => onInternalFault('sweep', error));
  }, sweepMs);
  for (const timer of [rolling, sweeping]) timer.unref();
  return () => {
    clearInterval(rolling);
    clearInterval(sweeping);
  };
}
