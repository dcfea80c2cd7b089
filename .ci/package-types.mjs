// After the declarations are written: removes those that no subpath leads to. They are of the insides, and name packages that
// are bundled, which a host does not have.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const reached = new Set();
const follow = (path) => {
  if (reached.has(path)) return;
  reached.add(path);
  for (const [, target] of readFileSync(path, 'utf8').matchAll(/(?:from|import\(|import)\s*["'](\.[^"']+)\.js["']/g))
    follow(resolve(dirname(path), `${target}.d.ts`));
};
for (const { types } of Object.values(exports)) if (types !== undefined) follow(join(root, types));

for (const name of readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })) {
  const path = join(root, 'dist', name);
  if (name.endsWith('.d.ts') && !reached.has(path)) rmSync(path);
}
