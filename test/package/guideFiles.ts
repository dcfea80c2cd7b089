import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fixture } from './installFixture.js';

/** The code blocks of a document that say in their first line which file they are, by that path. */
export async function guideFiles(document: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(fileURLToPath(new URL(`../../docs/${document}`, import.meta.url)), 'utf8');
  return new Map(
    [...text.matchAll(/```tsx?\n(\/\/ (\S+)\n[\s\S]*?)```/g)].map(([, code, path]) => [path!, code!] as const),
  );
}

/** Puts the files of a guide, and the `features.ts` that it takes over from the quick start, into an app. */
export async function writeGuide(fixture: Fixture, document: string, appFolder: string): Promise<void> {
  const features = (await guideFiles('quick-start.md')).get('src/features.ts');
  if (features === undefined) throw new Error('the quick start has no src/features.ts');
  const files = new Map([...(await guideFiles(document)), [`${appFolder}/features.ts`, features]]);
  for (const [path, code] of files) {
    const target = join(fixture.folder, path);
    await mkdir(dirname(target), { recursive: true });
    // What is there already is the app's own: a guide that took its place would hide that.
    await writeFile(target, code, { flag: 'wx' });
  }
}
