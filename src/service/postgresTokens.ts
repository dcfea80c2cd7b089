import type { Database, Queryable } from './database.js';
import { sqlStateOf } from './databaseError.js';
import { StoreError, type Role } from './store.js';
import { maxActiveTokens, type StoredToken, type TokenStore } from './tokenStore.js';

interface TokenRow {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedBy: string | null;
}

// The hash is not among them: what is read for people cannot leak it.
const columns = `id::float8 AS id, name, role, created_at AS "createdAt", created_by AS "createdBy", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", revoked_by AS "revokedBy"`;

const toStoredToken = (row: TokenRow): StoredToken => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
});

/** Keeps tokens in PostgreSQL. */
export function createPostgresTokens(database: Database): TokenStore {
  const find = async (tx: Queryable, id: number, lock: 'FOR UPDATE' | '' = ''): Promise<TokenRow> => {
    const [row] = Number.isSafeInteger(id)
      ? await tx.query<TokenRow>(`SELECT ${columns} FROM tokens WHERE id = $1 ${lock}`, [id])
      : [];
    if (row === undefined) throw new StoreError('not-found', `there is no token ${id}`);
    return row;
  };

  return {
    async readActive() {
      const rows = await database.query<{ name: string; role: Role; hash: Buffer; expiresAt: Date | null }>(
        `SELECT name, role, hash, expires_at AS "expiresAt" FROM tokens WHERE revoked_at IS NULL ORDER BY id DESC LIMIT $1`,
        [maxActiveTokens],
      );
      return rows.map(({ expiresAt, ...row }) => ({ ...row, expiresAtMs: expiresAt?.getTime() ?? null }));
    },

    async list() {
      const rows = await database.query<TokenRow>(`SELECT ${columns} FROM tokens ORDER BY tokens.id DESC LIMIT 1000`);
      return rows.map(toStoredToken);
    },

    create: ({ name, role, hash, expiresAtMs }, origin) =>
      database.transaction(origin, async (tx) => {
        const [active] = await tx.query<{ count: number }>(
          'SELECT count(*)::float8 AS count FROM tokens WHERE revoked_at IS NULL',
        );
        if ((active?.count ?? 0) >= maxActiveTokens)
          throw new StoreError('conflict', `${maxActiveTokens} tokens are in force already: revoke those not used`);
        try {
          const [row] = await tx.query<TokenRow>(
            `INSERT INTO tokens (name, role, hash, expires_at) VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
            [name, role, hash, expiresAtMs === null ? null : new Date(expiresAtMs)],
          );
          if (row === undefined) throw new StoreError('unavailable', 'the token was not stored');
          return toStoredToken(row);
        } catch (error) {
          if (sqlStateOf(error) !== '23505') throw error;
          // The cause stays out: its detail shows the row.
          throw new StoreError('conflict', `there is a token called ${name} already: revoke it or take another name`, {
            field: '/name',
          });
        }
      }),

    revoke: (id, origin) =>
      database.transaction(origin, async (tx) => {
        const found = await find(tx, id, 'FOR UPDATE');
        if (found.revokedAt !== null) return toStoredToken(found);
        await tx.query('UPDATE tokens SET revoked_at = clock_timestamp() WHERE id = $1', [id]);
        return toStoredToken(await find(tx, id));
      }),
  };
}
