import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Database } from './database.js';
import type { LateDatabase } from './lateDatabase.js';
import { StoreError } from './store.js';
import type { ProbedPart, StoreProbe } from './storeProbe.js';

const notifyMs = 2_000;

/** Tries a database in every way that the service needs it. */
export async function probeDatabase(
  database: LateDatabase,
  { readOnly }: { readonly readOnly: boolean },
): Promise<StoreProbe> {
  let clockAheadMs = 0;
  let serverVersion = '';
  const read = await tryPart(async () => {
    const sentMs = Date.now();
    const [row] = await database.query<{ now: number; version: string }>(
      `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now, current_setting('server_version') AS version`,
    );
    if (row === undefined) throw new StoreError('unavailable', 'the database did not answer');
    clockAheadMs = Math.round(row.now - (sentMs + Date.now()) / 2);
    serverVersion = row.version;
  });
  // Without an answer all the rest would only wait.
  const missed: ProbedPart = { ok: false, ms: 0, detail: 'not tried: the database does not answer' };
  const listen = read.ok ? await tryPart(() => listenTo(database)) : missed;
  const write = readOnly ? null : read.ok ? await tryPart(() => writeNothing(database)) : missed;
  return { read, clockAheadMs, serverVersion, listen, write };
}

async function tryPart(work: () => Promise<void>): Promise<ProbedPart> {
  const startedMs = performance.now();
  const ms = (): number => Math.round(performance.now() - startedMs);
  try {
    await work();
    return { ok: true, ms: ms(), detail: '' };
  } catch (error) {
    return { ok: false, ms: ms(), detail: error instanceof Error ? error.message : String(error) };
  }
}

const listenTo = (database: LateDatabase): Promise<void> =>
  new Promise((resolve, reject) =>
    database.whenOpen((config) => void hearOneself(database, config).then(resolve, reject)),
  );

async function hearOneself(database: Database, config: pg.ClientConfig): Promise<void> {
  const channel = `switchback_doctor_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ ...config, application_name: 'switchback-doctor', connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  let timer: NodeJS.Timeout | undefined;
  try {
    await client.connect();
    const heard = new Promise<void>((resolve, reject) => {
      client.on('notification', () => resolve());
      timer = setTimeout(() => reject(new Error(`no notification within ${notifyMs} ms`)), notifyMs);
    });
    // Whoever fails first is told; the other must not be left unheard.
    heard.catch(() => {});
    await client.query(`LISTEN ${channel}`);
    await database.query('SELECT pg_notify($1, $2)', [channel, '']);
    await heard;
  } finally {
    clearTimeout(timer);
    await client.end().catch(() => {});
  }
}

const onPurpose = new StoreError('conflict', 'rolled back on purpose');

// As far as the moment of COMMIT: with every trigger, the audit and the revision. Nothing of it is ever visible.
async function writeNothing(database: Database): Promise<void> {
  const origin = { actor: 'doctor', source: 'api' as const, reason: null, requestId: null };
  await database
    .transaction(origin, async (tx) => {
      await tx.query(`INSERT INTO feature_flags (feature) VALUES ('switchback.doctor') ON CONFLICT DO NOTHING`);
      await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
      throw onPurpose;
    })
    .catch((error: unknown) => {
      if (error !== onPurpose) throw error;
    });
}
