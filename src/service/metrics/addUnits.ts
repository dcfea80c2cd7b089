import type { Queryable } from '../database.js';
import type { AcceptedBucket, BatchToStore } from '../store.js';

/** Users of one feature and stage that a sender may bring: a page has one, or a few who sign in one after the other. */
const maxUsersPerSender = 16;

interface Unit {
  readonly feature: string;
  readonly stage: string;
  readonly subject: string;
  readonly arm: string;
  readonly unverified: boolean;
  readonly sender_id: string;
  bits: number;
  first_ms: number;
  last_ms: number;
}

/**
 * Notes what users did: one bit each, however often it is sent and by whom.
 * @returns by sender, how many users were left out because it had brought as many as it may
 */
export async function addUnits(tx: Queryable, batches: readonly BatchToStore[]): Promise<ReadonlyMap<string, number>> {
  const leftOut = new Map<string, number>();
  const units = unitsOf(batches);
  if (units.length === 0) return leftOut;
  const kept = await keepFew(tx, units, leftOut);
  if (kept.length > 0) await tx.query(addSql, [JSON.stringify(kept)]);
  return leftOut;
}

// In the order of the key, so that two transactions never wait for each other in a ring.
const addSql = `INSERT INTO stage_units AS unit (feature, stage, subject, arm, unverified, bits, first_ms, last_ms, sender_id)
  SELECT feature, stage, subject, arm, unverified, bits, first_ms, last_ms, sender_id FROM jsonb_to_recordset($1::jsonb)
    AS row (feature text, stage text, subject text, arm text, unverified boolean, bits smallint, first_ms bigint, last_ms bigint,
      sender_id text)
  ORDER BY feature, stage, subject, arm, unverified
  ON CONFLICT (feature, stage, subject, arm, unverified) DO UPDATE SET bits = unit.bits | excluded.bits,
    first_ms = least(unit.first_ms, excluded.first_ms), last_ms = greatest(unit.last_ms, excluded.last_ms)`;

const bitsOf = ({ units }: AcceptedBucket): number =>
  (units.exposed && 1) | (units.error && 2) | (units.slow && 4) | (units.silent && 8);

function unitsOf(batches: readonly BatchToStore[]): readonly Unit[] {
  const units = new Map<string, Unit>();
  for (const { senderId, buckets } of batches)
    for (const bucket of buckets) {
      const { feature, stage, subject, arm, unverified, startMs, durationMs } = bucket;
      const bits = bitsOf(bucket);
      if (subject === null || arm === 'none' || bits === 0) continue;
      const key = JSON.stringify([feature, stage ?? '', subject, arm, unverified]);
      const [firstMs, lastMs] = [startMs, startMs + durationMs - 1];
      const same = units.get(key);
      if (same === undefined)
        units.set(key, {
          feature,
          stage: stage ?? '',
          subject,
          arm,
          unverified,
          sender_id: senderId,
          bits,
          first_ms: firstMs,
          last_ms: lastMs,
        });
      else {
        same.bits |= bits;
        same.first_ms = Math.min(same.first_ms, firstMs);
        same.last_ms = Math.max(same.last_ms, lastMs);
      }
    }
  return [...units.values()];
}

async function keepFew(tx: Queryable, units: readonly Unit[], leftOut: Map<string, number>): Promise<readonly Unit[]> {
  const placeOf = ({ sender_id, feature, stage }: Omit<Unit, 'bits'> | SeenRow): string =>
    JSON.stringify([sender_id, feature, stage]);
  const senders = [...new Set(units.map(({ sender_id }) => sender_id))];
  const seen = await tx.query<SeenRow>(
    `SELECT sender_id, feature, stage, array_agg(subject) AS subjects FROM stage_units
      WHERE sender_id = ANY ($1) GROUP BY sender_id, feature, stage`,
    [senders],
  );
  const users = new Map(seen.map((row) => [placeOf(row), new Set(row.subjects)]));
  return units.filter((unit) => {
    const place = placeOf(unit);
    const mine = users.get(place) ?? new Set();
    users.set(place, mine);
    if (mine.has(unit.subject) || mine.size < maxUsersPerSender) {
      mine.add(unit.subject);
      return true;
    }
    leftOut.set(unit.sender_id, (leftOut.get(unit.sender_id) ?? 0) + 1);
    return false;
  });
}

interface SeenRow {
  readonly sender_id: string;
  readonly feature: string;
  readonly stage: string;
  readonly subjects: readonly string[];
}
