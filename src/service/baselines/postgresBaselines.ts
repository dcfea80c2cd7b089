import type { OnInternalFault } from '../../error.js';
import type { Database, Queryable } from '../database.js';
import { sqlStateOf } from '../databaseError.js';
import { readFeature } from '../featureChange.js';
import { StoreError, type ChangeOrigin } from '../store.js';
import { baselineCaps, type StoredBaseline } from './baseline.js';
import { readBaseline, readBaselines } from './baselineRows.js';
import type { BaselineStore, BaselineWindow } from './baselineStore.js';
import { readV1 } from './v1Numbers.js';

// A window that begins now is not empty.
const soon = `switchback_clock() + interval '1 millisecond'`;

const bySchedule: ChangeOrigin = { actor: 'baselines', source: 'plan', reason: null, requestId: null };

/** Keeps baselines in PostgreSQL. */
export function createPostgresBaselines(database: Database, onInternalFault: OnInternalFault): BaselineStore {
  return {
    list: ({ feature, limit }) =>
      readBaselines(database, '($1::text IS NULL OR feature = $1) ORDER BY id DESC LIMIT $2', [feature ?? null, limit]),

    read: (id) => readBaseline(database, id),

    start: (feature, window, origin) =>
      database.transaction(origin, async (tx) => {
        await readFeature(tx, feature);
        const id = await insert(tx, feature, window);
        const cause = await causeOf(tx, id);
        if (cause !== null)
          throw new StoreError('conflict', `a baseline is of v1 alone, and ${cause}`, { field: '/feature' });
        await forgetOldest(tx, feature);
        return readBaseline(tx, id);
      }),

    cancel: (id, origin) =>
      database.transaction(origin, async (tx) => {
        const { status } = await readBaseline(tx, id);
        // Asked twice, it is not recording, which is what was wanted.
        if (status === 'cancelled') return readBaseline(tx, id);
        const ended = await tx.query(
          `UPDATE baselines SET status = 'cancelled' WHERE id = $1 AND status = 'recording' RETURNING id`,
          [id],
        );
        if (ended.length === 0) throw new StoreError('conflict', `baseline ${id} is ${status} and stays as it is`);
        return readBaseline(tx, id);
      }),

    async tick() {
      const ended: StoredBaseline[] = [];
      for (const { id, isOver } of await dueOnes(database))
        try {
          const one = await end(database, id, isOver);
          if (one !== null) ended.push(one);
        } catch (error) {
          if (error instanceof StoreError && error.code === 'unavailable') throw error;
          onInternalFault(`baseline ${id}`, error);
        }
      return ended;
    },
  };
}

async function insert(
  tx: Queryable,
  feature: string,
  { fromMs, untilMs, durationMs }: BaselineWindow,
): Promise<number> {
  const [row] = await tx
    .query<{ id: number }>(
      `WITH asked AS (SELECT to_timestamp($2::float8 / 1000) AS from_at, to_timestamp($3::float8 / 1000) AS until_at,
          $4::float8 * interval '1 millisecond' AS lasting, date_trunc('milliseconds', switchback_clock()) AS now)
        INSERT INTO baselines (feature, from_at, until_at)
        SELECT $1, coalesce(from_at, until_at - lasting, now), coalesce(until_at, coalesce(from_at, now) + lasting) FROM asked
        RETURNING id::float8 AS id`,
      [feature, fromMs, untilMs, durationMs],
    )
    .catch((error: unknown) => {
      const state = sqlStateOf(error);
      if (state === '23505')
        throw new StoreError('conflict', `a baseline of ${feature} is recording already: wait for it, or cancel it`, {
          field: '/feature',
          cause: error,
        });
      throw error;
    });
  if (row === undefined) throw new StoreError('unavailable', 'the baseline was not stored');
  return row.id;
}

/** When and how v2 was possible within the window so far, in words; null when it was not. */
async function causeOf(tx: Queryable, id: number): Promise<string | null> {
  const [found] = await tx.query<{ at: Date; percentage: string; listed: number; actor: string }>(
    `SELECT v2.* FROM baselines, switchback_first_v2(feature, from_at, least(until_at, ${soon})) AS v2
      WHERE id = $1`,
    [id],
  );
  if (found === undefined) return null;
  const share = Number(found.percentage);
  const who = [share > 0 ? `${share} %` : [], found.listed > 0 ? `${found.listed} listed users` : []]
    .flat()
    .join(' and ');
  return `v2 was on for ${who} at ${found.at.toISOString()}, set by ${found.actor.slice(0, 200)}`;
}

// What is forgotten stays whole in the audit.
async function forgetOldest(tx: Queryable, feature: string): Promise<void> {
  await tx.query(
    `DELETE FROM baselines WHERE id IN (SELECT id FROM baselines WHERE feature = $1 AND status <> 'recording'
      ORDER BY id DESC OFFSET $2)`,
    [feature, baselineCaps.keptPerFeature - 1],
  );
}

/** Those that v2 has spoiled, and those that are over long enough for the last batches to have come. */
const dueOnes = (database: Queryable): Promise<readonly { readonly id: number; readonly isOver: boolean }[]> =>
  database.query<{ id: number; isOver: boolean }>(
    `SELECT * FROM (SELECT id::float8 AS id, until_at <= switchback_clock() - $1 * interval '1 millisecond' AS "isOver",
        EXISTS (SELECT FROM switchback_first_v2(feature, from_at, least(until_at, ${soon}))) AS "isSpoiled"
      FROM baselines WHERE status = 'recording') AS recording WHERE "isOver" OR "isSpoiled" ORDER BY id LIMIT 20`,
    [baselineCaps.graceMs],
  );

async function end(database: Database, id: number, isOver: boolean): Promise<StoredBaseline | null> {
  const { feature, from, until } = await readBaseline(database, id);
  // Outside of the transaction: it may take its time.
  const numbers = isOver ? await readV1(database, feature, Date.parse(from), Date.parse(until)) : null;
  return database.transaction(bySchedule, async (tx) => {
    const [locked] = await tx.query(
      `SELECT FROM baselines WHERE id = $1 AND status = 'recording' FOR UPDATE SKIP LOCKED`,
      [id],
    );
    // Another replica was quicker, or somebody cancelled it.
    if (locked === undefined) return null;
    const cause = await causeOf(tx, id);
    if (cause !== null)
      await tx.query(`UPDATE baselines SET status = 'spoiled', cause = left($2, 500) WHERE id = $1`, [id, cause]);
    else if (numbers === null) return null;
    else
      await tx.query(
        `UPDATE baselines SET status = 'completed', counts = $2::jsonb, histograms = $3::jsonb, sums = $4::jsonb,
          measures = $5::jsonb, users_exposed = $6, v2_exposures = $7, delivery_expected = $8, delivery_received = $9 WHERE id = $1`,
        [
          id,
          JSON.stringify(numbers.counts),
          JSON.stringify(numbers.histograms),
          JSON.stringify(numbers.sums),
          JSON.stringify(numbers.measures),
          numbers.users,
          numbers.v2Exposures,
          numbers.delivery?.expected ?? null,
          numbers.delivery?.received ?? null,
        ],
      );
    return readBaseline(tx, id);
  });
}
