import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, inject, onTestFinished, test } from 'vitest';
import { bundleForNode } from '../../harness/nodeBundle.js';
import { createNotes } from './notes.js';

// More of them at night, or by hand: SWITCHBACK_KILLS=50.
const kills = Number(process.env['SWITCHBACK_KILLS'] ?? (process.env['SWITCHBACK_NIGHTLY'] === undefined ? 8 : 50));

/** Numbers from a seed, 0–1. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(
  `killed ${kills} times at any moment, it goes on and verifies; v1 is as it was`,
  { timeout: 600_000 },
  async () => {
    const seed = inject('seed') ?? Math.floor(Math.random() * 2 ** 32);
    const random = randomOf(seed);
    const [program, notes] = await Promise.all([
      bundleForNode(new URL('./filesMigration.ts', import.meta.url)),
      createNotes(kills * 4 * 5),
    ]);
    onTestFinished(async () => void (await Promise.all([program.remove(), notes.remove()])));
    const script = `
    const { default: migration } = await import(${JSON.stringify(`file://${program.path}`)});
    migration.subscribe(() => process.stdout.write('.'));
    const { phase, written } = await migration.run();
    process.stdout.write(phase + ' ' + written);`;
    const live = async (steps: number) => {
      const { PATH = '' } = process.env;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        env: { PATH, FILES_FOLDER: notes.folder },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        if (said.length >= steps) setTimeout(() => child.kill('SIGKILL'), random() * 3);
      });
      const [, signal] = (await once(child, 'close')) as [number | null, string | null];
      return { said, signal };
    };

    const phases = new Set<string>();
    let killed = 0;
    for (let life = 0; life < kills; life++) {
      const { signal } = await live(4 + Math.floor(random() * 8));
      if (signal === 'SIGKILL') killed++;
      phases.add(await notes.phase());
      expect(await notes.v1(), `seed ${seed}`).toBe(notes.text);
    }
    const { said } = await live(Infinity);
    expect(said, `seed ${seed}`).toMatch(new RegExp(`verified ${kills * 20}$`));
    expect(await notes.v2()).toEqual(notes.wanted);
    expect(await notes.v1()).toBe(notes.text);
    // What was killed was under way.
    expect(killed, `seed ${seed}, phases ${[...phases].join(' ')}`).toBeGreaterThan(kills / 2);
  },
);
