// `docs/reference` is what the docstrings say: written anew and compared.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram, type Finished } from '../package/runProgram.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const reference = join(root, 'docs/reference');

async function makeFolder(): Promise<string> {
  await mkdir(join(root, '.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, '.cache/reference-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const write = (...args: readonly string[]): Promise<Finished> =>
  runProgram(process.execPath, ['.ci/reference/main.mjs', ...args], root);

async function readPages(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const pages = names.map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.md'));
  return new Map(
    await Promise.all(pages.sort().map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

/** What links may point at: headings as code hosts number them, and anchors. */
function anchorsIn(page: string): ReadonlyMap<string, string> {
  const anchors = new Map<string, string>();
  const text = page.replaceAll(/```[\s\S]*?```/g, '');
  for (const [, explicit, title = ''] of text.matchAll(/^(?:<a id="(.+)"><\/a>\n\n)?#+ (.+)$/gm)) {
    if (explicit !== undefined) anchors.set(explicit, title);
    const slug = title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    for (let at = 0; ; at++) {
      const anchor = at === 0 ? slug : `${slug}-${at}`;
      if (anchors.has(anchor)) continue;
      anchors.set(anchor, title);
      break;
    }
  }
  return anchors;
}

test('the reference says what the docstrings say: run npm run docs:reference', { timeout: 300_000 }, async () => {
  const folder = await makeFolder();
  const { code, stdout, stderr } = await write('--out', folder);
  expect(code, stdout + stderr).toBe(0);
  const [written, kept] = await Promise.all([readPages(folder), readPages(reference)]);
  const hint = 'docs/reference is not what the docstrings say: run npm run docs:reference';
  expect([...kept.keys()], hint).toEqual([...written.keys()]);
  for (const [name, text] of written) expect(kept.get(name), `${name}: ${hint}`).toBe(text);
});

test('there is a page for each subpath that can be imported', async () => {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { exports: object };
  // What Storybook itself loads, and a style sheet.
  const isNoModule = /^\.\/(package\.json|settings\/styles\.css|storybook\/.*)$/;
  const subpaths = Object.keys(exports).filter((subpath) => !isNoModule.test(subpath));
  const pages = await readPages(reference);
  expect([...pages.keys()].filter((name) => name !== 'README.md').sort()).toEqual(
    subpaths.map((subpath) => `${subpath === '.' ? 'react-switchback' : subpath.slice(2)}.md`).sort(),
  );
  const index = pages.get('README.md')!;
  for (const name of subpaths)
    expect(index).toContain(`\`${posix.join('react-switchback', name)}\``.replace('/.`', '`'));
});

test('every link leads to what it names', async () => {
  const pages = await readPages(reference);
  const outside = (await readdir(join(root, 'docs'))).map((name) => posix.join('..', name));
  const anchors = new Map([...pages].map(([name, text]) => [name, anchorsIn(text)]));
  const faults: string[] = [];
  for (const [name, text] of pages)
    for (const [, label = '', target = ''] of text.matchAll(/\[([^\][]+)\]\(([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? name : posix.join(posix.dirname(name), path);
      const title = anchor === undefined ? '' : anchors.get(to)?.get(anchor);
      const isThere = anchor === undefined ? pages.has(to) || outside.includes(to) : title !== undefined;
      if (!isThere) faults.push(`${name}: ${target} leads nowhere`);
      else if (anchor !== undefined && title!.replace('()', '') !== label.replaceAll('`', ''))
        faults.push(`${name}: [${label}](${target}) leads to ${title}`);
    }
  expect(faults).toEqual([]);
});

test('the pages name no machine and no day', async () => {
  for (const [name, text] of await readPages(reference)) {
    expect(text, name).not.toContain(root);
    expect(text, name).not.toMatch(/\/(home|Users|root|tmp)\/|file:\/\/|node_modules|\b20[2-9]\d-\d\d-\d\d\b/);
  }
});

test(
  'exports without a docstring, links that lead nowhere and unknown tags are refused',
  { timeout: 300_000 },
  async () => {
    const folder = await makeFolder();
    const code = `/**
 * A page. See {@link nothingOfThatName}.
 * @module
 */

/** Says how. @sauce nobody */
export const documented = 1;
export const bare = 1;
interface Base {
  /** What it is called. */
  readonly name: string;
}
/** Takes a {@link Base}. */
export function take(base: Base): void {
  void base;
}
export interface Derived extends Base {}
`;
    await writeFile(join(folder, 'index.ts'), code);
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { noLib: true, types: [] }, files: ['index.ts'] }),
    );
    const out = join(folder, 'out');
    const {
      code: exitCode,
      stderr,
      stdout,
    } = await write('--out', out, '--entry', join(folder, 'index.ts'), '--tsconfig', join(folder, 'tsconfig.json'));
    const said = stdout + stderr;
    expect(exitCode, said).toBe(1);
    expect(said).toContain('nothingOfThatName');
    expect(said).toContain('@sauce');
    expect(said).toContain('bare has no docstring');
    expect(said).toContain('Derived has no docstring');
    expect(said).toContain('Base has no docstring');
    expect(said).not.toMatch(/(documented|take) has no docstring/);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  },
);
