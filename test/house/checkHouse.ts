import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { readModule, type ModuleFacts } from './readModule.js';

const pure = ['evaluate', 'decide', 'observe', 'guard'];
const uptoRender = [...pure, 'client', 'render'];

/** Which rooms a room may import from, besides itself and `features.ts` and `error.ts`. */
const allowedRooms: Readonly<Record<string, readonly string[]>> = {
  evaluate: [],
  decide: ['evaluate'],
  observe: ['evaluate', 'decide'],
  guard: ['evaluate', 'decide', 'observe'],
  client: pure,
  render: [...pure, 'client'],
  testing: uptoRender,
  devtools: uptoRender,
  storybook: uptoRender,
  openfeature: uptoRender,
  dashboard: uptoRender,
  settings: uptoRender,
  migrate: [...pure, 'client'],
  rsc: ['evaluate', 'decide'],
  service: pure,
  cli: [...pure, 'service'],
  eslint: [],
};

/** The files beside the rooms: what they may import. */
const allowedRoomsOfFile: Readonly<Record<string, readonly string[]>> = {
  'src/index.ts': uptoRender,
  'src/features.ts': ['evaluate'],
  'src/error.ts': [],
};
const importableByAll = ['src/features.ts', 'src/error.ts'];

const reactRooms = ['render', 'testing', 'devtools', 'storybook', 'dashboard', 'settings', 'openfeature', 'rsc'];
const clientRooms = ['render', 'settings'];
const nodeRooms = ['service', 'cli', 'rsc', 'storybook'];
const forbiddenNames = ['utils', 'util', 'helpers', 'helper', 'common', 'types', 'internal', 'misc'];
const maxLines = 300;
const medianLimit = 100;

/** A source tree: path from the root, such as `src/decide/decide.ts`, to text. */
export type SourceTree = ReadonlyMap<string, string>;

/**
 * Checks the house rules.
 * @param subpaths folders that the package exports and that therefore have an `index.ts`
 * @returns one line per fault, such as `src/decide/decide.ts -> src/client/clock.ts: decide may not import client`
 */
export function checkHouse(tree: SourceTree, subpaths: readonly string[]): readonly string[] {
  const modules = new Map([...tree].map(([path, text]) => [path, readModule(path, text)]));
  const faults = [...modules].flatMap(([path, facts]) => [
    ...facts.syntaxErrors.map((message) => `${path}: ${message}`),
    ...checkName(path, subpaths),
    ...checkImports(path, facts, tree),
    ...checkContent(path, facts),
    ...checkOpening(path, tree.get(path) ?? ''),
  ]);
  return [...faults, ...checkSizes(tree), ...findCycles(modules, tree)];
}

const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

function checkName(path: string, subpaths: readonly string[]): string[] {
  const room = roomOf(path);
  const name = posix.basename(path).replace(/\.tsx?$/, '');
  const faults: string[] = [];
  if (room === undefined ? !Object.hasOwn(allowedRoomsOfFile, path) : !Object.hasOwn(allowedRooms, room))
    faults.push(`${path}: ${room === undefined ? 'this file' : `the room ${room}`} is not part of the house`);
  const forbidden = path.split('/').map((part) => part.replace(/\.tsx?$/, '').toLowerCase());
  for (const part of forbidden)
    if (forbiddenNames.includes(part)) faults.push(`${path}: "${part}" says nothing of what is inside`);
  if (name === 'index' && room !== undefined && !subpaths.some((subpath) => path === `src/${subpath}/index.ts`))
    faults.push(`${path}: only a folder that is a subpath of the package has an index.ts`);
  return faults;
}

function checkImports(path: string, facts: ModuleFacts, tree: SourceTree): string[] {
  const room = roomOf(path);
  const own = room ?? posix.basename(path);
  const allowed = (room === undefined ? allowedRoomsOfFile[path] : allowedRooms[room]) ?? [];
  return facts.imports.flatMap((specifier) => {
    if (!specifier.startsWith('.')) return checkPackage(path, room, specifier);
    const target = resolve(path, specifier, tree);
    if (target === undefined) return [`${path} -> ${specifier}: no such file`];
    if (importableByAll.includes(target)) return [];
    const targetRoom = roomOf(target);
    if (targetRoom === undefined) return [`${path} -> ${target}: nothing imports ${target}`];
    if (targetRoom === room || allowed.includes(targetRoom)) return [];
    return [`${path} -> ${target}: ${own} may not import ${targetRoom}`];
  });
}

function checkPackage(path: string, room: string | undefined, specifier: string): string[] {
  const name = specifier.split('/')[0] ?? specifier;
  const own = room ?? posix.basename(path);
  if (specifier.startsWith('node:') || builtinModules.includes(specifier))
    return nodeRooms.includes(own) ? [] : [`${path} -> ${specifier}: ${own} may not use Node`];
  if (name === 'react' || name === 'react-dom')
    return reactRooms.includes(own) ? [] : [`${path} -> ${specifier}: ${own} may not use React`];
  if (name === 'react-switchback') return [`${path} -> ${specifier}: inside the package, import the file`];
  if (room === undefined || pure.includes(own)) return [`${path} -> ${specifier}: ${own} may not use packages`];
  return [];
}

function checkContent(path: string, facts: ModuleFacts): string[] {
  const room = roomOf(path);
  const faults: string[] = [];
  if (room === undefined || pure.includes(room))
    for (const name of facts.domGlobals) faults.push(`${path}: ${room ?? 'this file'} may not touch ${name}`);
  const isClient = facts.directives.includes('use client');
  const isClientRoom = room !== undefined && clientRooms.includes(room);
  if (isClientRoom && !isClient && !facts.isTypesOnly && path !== `src/${room}/index.ts`)
    faults.push(`${path}: a file of ${room} begins with "use client"`);
  if (!isClientRoom && isClient) faults.push(`${path}: only files of ${clientRooms.join(' and ')} say "use client"`);
  if (facts.hasExportAll) faults.push(`${path}: list the names instead of "export *"`);
  // A command line serves nobody but its caller.
  if (room === 'cli') return faults;
  for (const name of facts.moduleVariables)
    faults.push(`${path}: ${name} is module-level state, shared by all requests`);
  return faults;
}

function checkOpening(path: string, text: string): string[] {
  const room = roomOf(path);
  if (room === undefined || path !== `src/${room}/${room}.ts`) return [];
  const opening = text.replace(/^#!.*\n/, '').split('\n', 1)[0] ?? '';
  return /^\/\/ Comes in: .*Goes out: .*Who/.test(opening)
    ? []
    : [`${path}: the main file of a room opens with "Comes in: … Goes out: … Who calls: …"`];
}

function checkSizes(tree: SourceTree): string[] {
  const sizes = [...tree].map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }));
  const faults = sizes
    .filter(({ lines }) => lines > maxLines)
    .map(({ path, lines }) => `${path}: ${lines} lines, more than ${maxLines}: split it by idea`);
  const sorted = sizes.map(({ lines }) => lines).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median < medianLimit
    ? faults
    : [...faults, `src: the median file has ${median} lines, not below ${medianLimit}`];
}

function resolve(from: string, specifier: string, tree: SourceTree): string | undefined {
  const target = posix.join(posix.dirname(from), specifier);
  return [target, target.replace(/\.js$/, '.ts'), target.replace(/\.jsx?$/, '.tsx')].find((path) => tree.has(path));
}

function findCycles(modules: ReadonlyMap<string, ModuleFacts>, tree: SourceTree): string[] {
  const done = new Set<string>();
  const way: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    const at = way.indexOf(path);
    if (at >= 0) cycles.push(`${[...way.slice(at), path].join(' -> ')}: a cycle`);
    if (at >= 0 || done.has(path)) return;
    way.push(path);
    for (const specifier of modules.get(path)?.imports ?? []) {
      const target = specifier.startsWith('.') ? resolve(path, specifier, tree) : undefined;
      if (target !== undefined) visit(target);
    }
    way.pop();
    done.add(path);
  };
  for (const path of modules.keys()) visit(path);
  return cycles;
}
