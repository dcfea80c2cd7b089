import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, type BuiltCli } from '../harness/buildCli.js';
import { createMemoryStore } from '../harness/memoryStore.js';
import { createHandler } from '../../src/service/http/createHandler.js';
import { readDocument } from '../service/http/checkedHandler.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const docs = (await readdir(`${root}docs`)).filter((name) => name.endsWith('.md'));
const names = ['README.md', ...docs.map((name) => `docs/${name}`)];
const texts = await Promise.all(names.map((name) => readFile(root + name, 'utf8')));
const text = texts.join('\n');
const operations = await readFile(`${root}docs/operations.md`, 'utf8');

/** Command lines in documents, without what the shell adds; a word in quotes is one word. */
const commands = [...text.matchAll(/npx switchback ((?:"[^"]*"|'[^']*'|[^#`\n|])*)/g)]
  .map(([, line = '']): string[] => [...(line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [])])
  .map((words) => (words.includes('>') ? words.slice(0, words.indexOf('>')) : words))
  .filter((words) => /^[a-z]/.test(words[0] ?? '') && !words.includes('…'));

let cli: BuiltCli;
const helps = new Map<string, Promise<string>>();
const helpOf = (path: string): Promise<string> => {
  const known = helps.get(path) ?? cli.run([...path.split(' '), '--help']).then(({ stdout }) => stdout);
  helps.set(path, known);
  return known;
};

beforeAll(async () => {
  cli = await buildCli();
});
afterAll(() => cli.close());

test('every command in the documents is one, with options that it has', { timeout: 120_000 }, async () => {
  const unique = [...new Map(commands.map((words) => [words.join(' '), words])).values()];
  expect(unique.length).toBeGreaterThan(30);
  const global = await helpOf('');
  const faults: string[] = [];
  const groups = ['features', 'plan', 'baseline', 'tokens', 'report'];
  for (const words of unique) {
    // `migrate` alone is a command as well.
    const isBelow = groups.includes(words[0]!) || (words[0] === 'migrate' && /^[a-z]/.test(words[1] ?? ''));
    const path = words.slice(0, isBelow ? 2 : 1).join(' ');
    const help = await helpOf(path);
    if (!help.startsWith(`Usage: switchback ${path} `)) faults.push(`${words.join(' ')}: no such command`);
    for (const word of words)
      if (
        word.startsWith('--') &&
        !(help + global).includes(`${word.split('=')[0]!} `) &&
        !(help + global).includes(`${word}\n`)
      )
        faults.push(`${words.join(' ')}: no option ${word}`);
  }
  expect(faults).toEqual([]);
});

test('every npm script in the documents is one', async () => {
  const { scripts } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { scripts: object };
  const named = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name]) => name!);
  expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
});

test('every address that the operations guide calls is a route', async () => {
  const handler = createHandler({ store: createMemoryStore(), tokens: [] });
  const { paths } = await readDocument(handler);
  handler.close();
  const called = [...operations.matchAll(/\$SWITCHBACK_URL(\/[\w/-]+)/g)].map(([, path]) => path!);
  expect(called.length).toBeGreaterThan(3);
  expect(called.filter((path) => !Object.hasOwn(paths, path))).toEqual([]);
});

test('the environment table of the operations guide has every variable that is read, and no other', async () => {
  const folders = ['src/cli', 'src/service', 'src/service/http'];
  const read = new Set<string>();
  for (const folder of folders)
    for (const name of (await readdir(root + folder)).filter((one) => one.endsWith('.ts')))
      for (const [, variable] of (await readFile(`${root}${folder}/${name}`, 'utf8')).matchAll(
        /'(SWITCHBACK_\w+)'(?:\]|,)/g,
      ))
        read.add(variable!);
  const table = operations.slice(operations.indexOf('## Environment'), operations.indexOf('## PostgreSQL'));
  const said = new Set([...table.matchAll(/SWITCHBACK_\w+/g)].map(([name]) => name));
  expect([...said].sort()).toEqual([...read].sort());
});
