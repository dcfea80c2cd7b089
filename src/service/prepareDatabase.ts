import { makeServiceRole } from './embedded/serviceRole.js';
import { startEmbeddedPostgres } from './embedded/startEmbeddedPostgres.js';
import { migrate, type MigratePatience } from './migrate.js';
import { grantServiceRights, readRole } from './serviceRights.js';

export interface PrepareOptions {
  readonly dataDir: string;
  /** A PostgreSQL of yours; else the embedded one is started. */
  readonly databaseUrl: string | undefined;
  /** Connects as the owner of the tables, for migrations alone. */
  readonly ownerUrl: string | undefined;
  readonly readOnly: boolean;
  readonly log: (line: string) => void;
  /** Ends what may take its time. */
  readonly signal: AbortSignal;
}

export interface PreparedDatabase {
  /** What the service runs with. */
  readonly serviceUrl: string;
  /** For people with psql: the embedded database's owner, else the same. */
  readonly peopleUrl: string;
  readonly isEmbedded: boolean;
  close(): Promise<void>;
}

/**
 * Gets a database ready for a service whose role does not own it, as far as that can be had.
 * @throws StoreError
 */
export async function prepareDatabase(options: PrepareOptions): Promise<PreparedDatabase> {
  const { dataDir, databaseUrl, ownerUrl, readOnly, log, signal } = options;
  if (databaseUrl === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir, log });
    try {
      const peopleUrl = embedded.connectionString;
      await migrate({ connectionString: peopleUrl }, 'migrate', { log, signal });
      const serviceUrl = await makeServiceRole(peopleUrl);
      await grantServiceRights({ connectionString: peopleUrl }, new URL(serviceUrl).username);
      return { serviceUrl, peopleUrl, isEmbedded: true, close: () => embedded.close() };
    } catch (error) {
      await embedded.close();
      throw error;
    }
  }
  const config = { connectionString: databaseUrl };
  if (ownerUrl !== undefined && !readOnly)
    await migrateAndGrant(ownerUrl, (await readRole(config)).role, { log, signal });
  else await migrate(config, readOnly ? 'check' : 'migrate', { log, signal });
  const { role, ownsTables } = await readRole(config);
  if (ownsTables)
    log(`the role ${role} owns its tables and could rewrite the audit; see SWITCHBACK_DATABASE_OWNER_URL`);
  return { serviceUrl: databaseUrl, peopleUrl: databaseUrl, isEmbedded: false, close: async () => {} };
}

/**
 * Brings a database to this code's schema as its owner, and lets a role run the service on it.
 * @param patience where somebody stands in the way
 * @throws StoreError
 */
export async function migrateAndGrant(ownerUrl: string, role: string, patience?: MigratePatience): Promise<void> {
  await migrate({ connectionString: ownerUrl }, 'migrate', patience);
  await grantServiceRights({ connectionString: ownerUrl }, role);
}
