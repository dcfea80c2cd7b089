import { StoreError } from '../../src/service/store.js';
import type { StoredToken, TokenStore, TokenToStore } from '../../src/service/tokenStore.js';

/** Tokens in memory, for tests of what stands on them; several replicas may share them. */
export interface MemoryTokens extends TokenStore {
  /** `down`: every call fails. `silent`: no call ever ends. */
  trouble: 'none' | 'down' | 'silent';
  /** How often the tokens in force were read. */
  reads: number;
}

export function createMemoryTokens(): MemoryTokens {
  const rows: (StoredToken & TokenToStore)[] = [];
  const guard = async (): Promise<void> => {
    if (store.trouble === 'down') throw new StoreError('unavailable', 'connection refused');
    if (store.trouble === 'silent') await new Promise(() => {});
  };
  const shown = ({ hash: _, expiresAtMs: __, ...token }: StoredToken & TokenToStore): StoredToken => token;
  const store: MemoryTokens = {
    trouble: 'none',
    reads: 0,
    async readActive() {
      store.reads += 1;
      await guard();
      return rows.filter(({ revokedAt }) => revokedAt === null);
    },
    async list() {
      await guard();
      return [...rows].reverse().map(shown);
    },
    async create(token, origin) {
      await guard();
      if (rows.some(({ name, revokedAt }) => name === token.name && revokedAt === null))
        throw new StoreError('conflict', `there is a token called ${token.name} already`, { field: '/name' });
      const row = {
        ...token,
        id: rows.length + 1,
        createdAt: new Date().toISOString(),
        createdBy: origin.actor,
        expiresAt: token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString(),
        revokedAt: null,
        revokedBy: null,
      };
      rows.push(row);
      return shown(row);
    },
    async revoke(id, origin) {
      await guard();
      const at = rows.findIndex((row) => row.id === id);
      if (at < 0) throw new StoreError('not-found', `there is no token ${id}`);
      rows[at] = { ...rows[at]!, revokedAt: new Date().toISOString(), revokedBy: origin.actor };
      return shown(rows[at]);
    },
  };
  return store;
}
