import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateData } from '../../../src/migrate/index.js';

// A program's module, as a host writes it: v1 is one file of lines, v2 a file for each record. Lives in processes that are killed.
const folder = process.env['FILES_FOLDER'] ?? '.';
const delayMs = Number(process.env['FILES_DELAY_MS'] ?? 0);
const paths = { v1: join(folder, 'v1.jsonl'), v2: join(folder, 'v2'), checkpoint: join(folder, 'checkpoint.json') };

interface Note {
  readonly key: string;
  readonly text: string;
}

const readV1 = async (): Promise<readonly Note[]> =>
  (await readFile(paths.v1, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Note);

const names = (): Promise<string[]> => readdir(paths.v2).catch(() => []);

export default migrateData<string, { readonly body: string }>({
  name: 'notes',
  read: async ({ after, limit }) =>
    (await readV1())
      .filter(({ key }) => after === undefined || key > after)
      .slice(0, limit)
      .map(({ key, text }) => ({ key, value: text })),
  transform: ({ value }) => ({ body: value.toUpperCase() }),
  async write(records) {
    await mkdir(paths.v2, { recursive: true });
    for (const { key, value } of records) await writeFile(join(paths.v2, key), JSON.stringify(value));
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  },
  async verify(keys) {
    const there = new Set(await names());
    return Promise.all(
      keys
        .filter((key) => there.has(key))
        .map(async (key) => ({
          key,
          value: JSON.parse(await readFile(join(paths.v2, key), 'utf8')) as { readonly body: string },
        })),
    );
  },
  count: async () => (await names()).length,
  total: async () => (await readV1()).length,
  remove: () => rm(paths.v2, { recursive: true, force: true }),
  checkpoint: {
    load: () => readFile(paths.checkpoint, 'utf8').catch(() => null),
    // A reader sees the old text or the new one, never a half of it.
    async save(text) {
      await writeFile(`${paths.checkpoint}.next`, text);
      await rename(`${paths.checkpoint}.next`, paths.checkpoint);
    },
  },
  batchSize: 5,
});
