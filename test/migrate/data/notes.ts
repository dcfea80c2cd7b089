import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with v1's notes in it, for the module of `filesMigration.ts`. */
export async function createNotes(count: number) {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-notes-'));
  const v1 = Array.from({ length: count }, (_, at) => ({
    key: `note-${String(at).padStart(5, '0')}`,
    text: `text ${at}`,
  }));
  const text = v1.map((note) => JSON.stringify(note)).join('\n');
  await writeFile(join(folder, 'v1.jsonl'), text);
  return {
    folder,
    text,
    v1: () => readFile(join(folder, 'v1.jsonl'), 'utf8'),
    wanted: v1.map(({ key, text: body }) => [key, { body: body.toUpperCase() }]),
    async v2() {
      const names = await readdir(join(folder, 'v2')).catch(() => []);
      return Promise.all(
        names
          .sort()
          .map(async (name) => [name, JSON.parse(await readFile(join(folder, 'v2', name), 'utf8')) as unknown]),
      );
    },
    async phase() {
      const found = await readFile(join(folder, 'checkpoint.json'), 'utf8').catch(() => '{"phase":"new"}');
      return (JSON.parse(found) as { phase: string }).phase;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
