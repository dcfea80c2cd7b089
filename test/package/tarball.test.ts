// What is in the packed package, read from the package itself.
import { readFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, normalize, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { expect, inject, test } from 'vitest';
import { readModule } from '../house/readModule.js';
import { readTar } from './readTar.js';
import { runProgram } from './runProgram.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const packed = await readFile(inject('tarball'));
const files = readTar(gunzipSync(packed));
const named = (pattern: RegExp): readonly (readonly [string, string])[] =>
  [...files].filter(([name]) => pattern.test(name));
const manifest = JSON.parse(files.get('package.json')!) as {
  bin: { switchback: string };
  exports: Record<string, string | { types: string; default: string }>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

test('it was built from the sources that are here', () => {
  expect(inject('newerSources'), 'the build is stale: run `npm run build`').toEqual([]);
});

test('it holds the build, its documents and nothing else', () => {
  const others = [...files.keys()].filter((name) => !/^dist\/.*\.(js|js\.map|d\.ts)$/.test(name));
  expect(others.sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/service/LICENSES.md',
    'dist/settings/styles.css',
    'package.json',
  ]);
});

test('every file of render and settings is a client module, and no other is', () => {
  const scripts = named(/\.js$/);
  const isClient = ([, text]: readonly [string, string]) => /^['"]use client['"];/.test(text);
  const isRoomOfClients = (name: string) => /^dist\/(render|settings)\/(?!index\.js$)/.test(name);
  const rendering = scripts.filter(([name]) => isRoomOfClients(name));
  expect(rendering.length).toBeGreaterThan(10);
  expect(rendering.filter((file) => !isClient(file)).map(([name]) => name)).toEqual([]);
  const mentioning = scripts.filter(([, text]) => text.includes('use client')).map(([name]) => name);
  expect(mentioning.filter((name) => !isRoomOfClients(name))).toEqual([]);
});

const manifestTargets = Object.values(manifest.exports).flatMap((target) =>
  typeof target === 'string' ? [target] : [target.types, target.default],
);

/** What each script and declaration imports, by its path in the package. */
const imports = new Map(named(/\.(js|d\.ts)$/).map(([name, text]) => [name, readModule(name, text).imports]));

const targetOf = (name: string, specifier: string): string => {
  const path = posix.join(posix.dirname(name), specifier);
  return name.endsWith('.d.ts') ? path.replace(/\.js$/, '.d.ts') : path;
};
const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0];

test('every import inside leads to a file that is there', () => {
  const broken = [...imports].flatMap(([name, specifiers]) =>
    specifiers
      .filter((specifier) => specifier.startsWith('.') && !files.has(targetOf(name, specifier)))
      .map((specifier) => `${name}: ${specifier}`),
  );
  expect(broken).toEqual([]);
});

test('every script and declaration is reached from a subpath or the command: nothing is left of an earlier build', () => {
  const reached = new Set<string>();
  const follow = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const specifier of imports.get(name) ?? []) if (specifier.startsWith('.')) follow(targetOf(name, specifier));
  };
  for (const target of [...manifestTargets, manifest.bin.switchback]) follow(target.replace(/^\.\//, ''));
  expect(imports.size).toBeGreaterThan(80);
  expect([...imports.keys()].filter((name) => !reached.has(name))).toEqual([]);
});

test('a host has every package that is imported: dependencies, peers and, for the service, Node', () => {
  const known = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
  const isServer = (name: string) => /^dist\/(service|cli)\//.test(name);
  const strangers = [...imports].flatMap(([name, specifiers]) =>
    specifiers
      .filter((specifier) => !specifier.startsWith('.'))
      .filter((specifier) => (isBuiltin(specifier) ? !isServer(name) : !known.has(packageOf(specifier))))
      // Asked for in a try, by name: it is there only where somebody installed it.
      .filter((specifier) => specifier !== 'pg-native')
      .map((specifier) => `${name}: ${specifier}`),
  );
  expect(strangers).toEqual([]);
  const served = [...imports].filter(([name]) => isServer(name)).flatMap(([, specifiers]) => specifiers);
  // Bundled libraries name parts of Node as they like.
  expect(served.filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))).toEqual([]);
});

test('every script that holds code has a map with its sources inside', () => {
  for (const [name, text] of named(/\.js$/)) {
    const isList = text.replaceAll(/(^|\n)(import|export) [^;]*;/g, '').trim() === '';
    const map = /\n\/\/# sourceMappingURL=(\S+)\s*$/.exec(text)?.[1];
    if (map === undefined) expect(isList, `${name} has no map`).toBe(true);
    else expect(files.has(posix.join(posix.dirname(name), map)), `${name}: ${map}`).toBe(true);
  }
  const maps = named(/\.js\.map$/);
  expect(maps.length).toBeGreaterThan(40);
  for (const [name, text] of maps) {
    const { sources, sourcesContent } = JSON.parse(text) as { sources: string[]; sourcesContent: (string | null)[] };
    expect(
      sourcesContent.filter((content) => typeof content === 'string'),
      name,
    ).toHaveLength(sources.length);
    for (const source of sources)
      expect(posix.join(posix.dirname(name), source), name).toMatch(/^(src|node_modules)\//);
  }
});

test('no file names the folder it was built in, and none leads to a source that is not there', () => {
  for (const [name, text] of files) {
    expect(text.includes(normalize(root)), name).toBe(false);
    if (/\.(js|d\.ts)$/.test(name)) expect(text, name).not.toMatch(/["'](\.\.?\/)+src\//);
  }
});

test('publint has nothing to say', async () => {
  const tarball = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
});

test('the types are right for every resolution of ES modules', async () => {
  const folder = dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json'));
  const args = [join(folder, 'dist/index.js'), inject('tarball'), '--profile', 'esm-only', '--format', 'ascii'];
  const { code, stdout, stderr } = await runProgram(process.execPath, args, root);
  expect(code, stdout + stderr).toBe(0);
  for (const subpath of Object.keys(manifest.exports))
    expect(stdout).toContain(`"react-switchback${subpath.slice(1)}"`);
});
