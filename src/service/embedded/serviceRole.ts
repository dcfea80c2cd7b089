import { randomBytes } from 'node:crypto';
import { connected } from '../serviceRights.js';

/** The role that the service has in the embedded database: it owns nothing. */
const serviceRole = 'switchback_service';

/**
 * Makes the service's role, with a password for this run.
 * @param ownerUrl the embedded database's own connection string
 * @returns the connection string of that role; holds the password
 */
export async function makeServiceRole(ownerUrl: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  await connected({ connectionString: ownerUrl }, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [serviceRole]);
    await client.query(
      `${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${serviceRole} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '${password}'`,
    );
  });
  const url = new URL(ownerUrl);
  url.username = serviceRole;
  url.password = password;
  return url.href;
}
