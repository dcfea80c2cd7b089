import type { ChangeOrigin, Role } from './store.js';

/** A token as its owner may see it: never the secret, never its hash. Times are ISO 8601. */
export interface StoredToken {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Null: never. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
}

/** What a replica needs to tell who calls. */
export interface ActiveToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Uint8Array;
  /** ms since 1970; null: never. */
  readonly expiresAtMs: number | null;
}

/** A new token: its hash, never itself. */
export interface TokenToStore {
  readonly name: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly expiresAtMs: number | null;
}

/** How many tokens may be in force at a time. */
export const maxActiveTokens = 1_000;

/**
 * Where tokens are kept. Every change is audited, without the hash.
 * @throws StoreError `not-found`, `conflict` (a name in use, one token too many), `invalid`, `unavailable`
 */
export interface TokenStore {
  /** Those that are not revoked; expired ones too. */
  readActive(): Promise<readonly ActiveToken[]>;
  /** The newest 1,000, newest first, revoked ones too. */
  list(): Promise<readonly StoredToken[]>;
  create(token: TokenToStore, origin: ChangeOrigin): Promise<StoredToken>;
  /** Revoking a token again changes nothing. */
  revoke(id: number, origin: ChangeOrigin): Promise<StoredToken>;
}

/** A store that keeps tokens as well. */
export interface WithTokens {
  readonly tokens: TokenStore;
}
