import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkHouse } from './house/checkHouse.js';

const root = new URL('../', import.meta.url);

function readTree(): ReadonlyMap<string, string> {
  const names = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' });
  const paths = names.map((name) => `src/${name.replaceAll('\\', '/')}`).filter((path) => /\.tsx?$/.test(path));
  return new Map(paths.sort().map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

function exportedFolders(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { exports: object };
  return Object.keys(exports).map((subpath) => subpath.replace(/^\.\/?/, ''));
}

test('the house stands', () => {
  const tree = readTree();
  expect(tree.size).toBeGreaterThan(10);
  const faults = checkHouse(tree, exportedFolders());
  expect(faults, faults.join('\n')).toEqual([]);
});

describe('the checker finds', () => {
  const opening = '// Comes in: a. Goes out: b. Who calls: c.\n';
  const good: Record<string, string> = {
    'src/error.ts': 'export class SwitchbackError extends Error {}',
    'src/features.ts': `import { isFeatureKey } from './evaluate/snapshot.js';\nexport const check = isFeatureKey;`,
    'src/index.ts': `export { Gate } from './render/Gate.js';\nexport { check } from './features.js';`,
    'src/evaluate/snapshot.ts': `import '../error.js';\nexport const isFeatureKey = 1;`,
    'src/decide/decide.ts': `${opening}import type { X } from '../evaluate/snapshot.js';\nexport type Y = X;`,
    'src/client/clock.ts': 'export const now = () => document.title;',
    'src/client/index.ts': `export { now } from './clock.js';`,
    'src/render/Gate.tsx': `'use client';\nimport { useState } from 'react';\nexport const Gate = () => <b>{useState(0)[0]}</b>;`,
    'src/render/gateProps.ts': `import type { ReactNode } from 'react';\nexport interface GateProps { children: ReactNode }`,
    'src/service/database.ts': `import { createHash } from 'node:crypto';\nimport pg from 'pg';\nexport const a = [createHash, pg];`,
    'src/cli/main.ts': `#!/usr/bin/env node\n${opening}import { a } from '../service/database.js';\nexport const b = a;`,
  };
  const faultsOf = (changes: Record<string, string>): readonly string[] =>
    checkHouse(new Map(Object.entries({ ...good, ...changes })), ['', 'client']);

  test('nothing wrong with a good house', () => {
    expect(faultsOf({})).toEqual([]);
  });

  const arrow = 'src/decide/trip.ts -> src/client/clock.ts: decide may not import client';
  test.each([
    ['an import', `import { now } from '../client/clock.js';\nexport const a = now;`],
    ['an import for its effect', `import '../client/clock.js';`],
    ['an import of a type', `import type { now } from '../client/clock.js';\nexport type A = typeof now;`],
    ['a type imported in line', `export type A = typeof import('../client/clock.js').now;`],
    ['a re-export', `export { now } from '../client/clock.js';`],
    ['a re-export of a type', `export type { now } from '../client/clock.js';`],
    ['a dynamic import', `export const load = () => import('../client/clock.js');`],
  ])('%s from a room further right', (_, text) => {
    expect(faultsOf({ 'src/decide/trip.ts': text })).toContain(arrow);
  });

  test.each([
    [
      'src/service/x.ts',
      `import '../client/clock.js';`,
      'src/service/x.ts -> src/client/clock.ts: service may not import client',
    ],
    [
      'src/client/x.ts',
      `import '../service/database.js';`,
      'src/client/x.ts -> src/service/database.ts: client may not import service',
    ],
    [
      'src/client/x.ts',
      `import '../render/Gate.js';`,
      'src/client/x.ts -> src/render/Gate.tsx: client may not import render',
    ],
    ['src/client/x.ts', `import '../index.js';`, 'src/client/x.ts -> src/index.ts: nothing imports src/index.ts'],
    [
      'src/index.ts',
      `export { a } from './service/database.js';`,
      'src/index.ts -> src/service/database.ts: index.ts may not import service',
    ],
    [
      'src/features.ts',
      `import './client/clock.js';`,
      'src/features.ts -> src/client/clock.ts: features.ts may not import client',
    ],
    ['src/client/x.ts', `import './gone.js';`, 'src/client/x.ts -> ./gone.js: no such file'],
    ['src/client/x.ts', `import { useState } from 'react';`, 'src/client/x.ts -> react: client may not use React'],
    [
      'src/service/x.ts',
      `import 'react-dom/server';`,
      'src/service/x.ts -> react-dom/server: service may not use React',
    ],
    ['src/client/x.ts', `import 'node:fs';`, 'src/client/x.ts -> node:fs: client may not use Node'],
    ['src/client/x.ts', `import 'fs';`, 'src/client/x.ts -> fs: client may not use Node'],
    ['src/observe/x.ts', `import 'zustand';`, 'src/observe/x.ts -> zustand: observe may not use packages'],
    [
      'src/cli/x.ts',
      `import 'react-switchback/service';`,
      'src/cli/x.ts -> react-switchback/service: inside the package, import the file',
    ],
    ['src/guard/x.ts', 'export const a = localStorage.length;', 'src/guard/x.ts: guard may not touch localStorage'],
    ['src/guard/x.ts', 'export const a = typeof window;', 'src/guard/x.ts: guard may not touch window'],
    ['src/client/index.ts', `export * from './clock.js';`, 'src/client/index.ts: list the names instead of "export *"'],
    [
      'src/client/x.ts',
      'let cache = 1;\nexport const next = () => cache++;',
      'src/client/x.ts: cache is module-level state, shared by all requests',
    ],
    ['src/client/x.ts', 'const {', 'src/client/x.ts: '],
    ['src/decide/decide.ts', 'export type Y = 1;', 'src/decide/decide.ts: the main file of a room opens with'],
    ['src/render/x.ts', 'export const x = 1;', 'src/render/x.ts: a file of render begins with "use client"'],
    [
      'src/client/x.ts',
      `'use client';\nexport const x = 1;`,
      'src/client/x.ts: only files of render and settings say "use client"',
    ],
    [
      'src/index.ts',
      `'use client';\nexport const x = 1;`,
      'src/index.ts: only files of render and settings say "use client"',
    ],
    ['src/settings/x.ts', 'export const x = 1;', 'src/settings/x.ts: a file of settings begins with "use client"'],
    ['src/render/index.ts', 'export type A = 1;', 'src/render/index.ts: only a folder that is a subpath'],
    ['src/client/utils.ts', 'export const a = 1;', 'src/client/utils.ts: "utils" says nothing'],
    ['src/client/helpers/a.ts', 'export const a = 1;', 'src/client/helpers/a.ts: "helpers" says nothing'],
    ['src/render/types.ts', 'export type A = 1;', 'src/render/types.ts: "types" says nothing'],
    ['src/cellar/a.ts', 'export const a = 1;', 'src/cellar/a.ts: the room cellar is not part of the house'],
    ['src/extra.ts', 'export const a = 1;', 'src/extra.ts: this file is not part of the house'],
    ['src/client/x.ts', `export const a = 1;\n${'//\n'.repeat(300)}`, 'src/client/x.ts: 301 lines, more than 300'],
  ])('%s: %s', (path, text, fault) => {
    expect(faultsOf({ [path]: text }).some((found) => found.startsWith(fault))).toBe(true);
  });

  test('a cycle of files, also through types', () => {
    const faults = faultsOf({
      'src/client/a.ts': `import type { B } from './b.js';\nexport type A = B;`,
      'src/client/b.ts': `export type { A as B } from './a.js';`,
    });
    expect(faults).toEqual(['src/client/a.ts -> src/client/b.ts -> src/client/a.ts: a cycle']);
  });

  test('files that are long on the whole', () => {
    const long = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`src/client/f${at}.ts`, `//\n`.repeat(120)]),
    );
    expect(faultsOf(long)).toEqual(['src: the median file has 120 lines, not below 100']);
  });

  test('no fault in properties and fields that are named like the browser', () => {
    const text =
      'export interface A { window: number }\nexport const a = (b: A) => ({ document: b.window, window: 1 });';
    expect(faultsOf({ 'src/guard/x.ts': text })).toEqual([]);
  });
});
