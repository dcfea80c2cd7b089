import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safely } from '../../src/migrate/index.js';
import { drawn } from '../harness/drawn.js';
import { createCaller } from './callers.js';

type Fate = 'answer' | 'throw' | 'reject' | 'hang' | 'refuse' | 'null';
const fate = fc.constantFrom<Fate>('answer', 'throw', 'reject', 'hang', 'refuse', 'null');
const schedule = fc.array(fc.record({ v1: fc.constantFrom('answer', 'throw', 'reject'), v2: fate }), {
  minLength: 1,
  maxLength: 50,
});

test('whatever fails in v2, at any call, the caller gets v2’s good answer, v1’s answer or v1’s own error', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, fc.boolean(), async (calls, isWrite) => {
      const { client, clock, faults } = createCaller();
      const done = new Map<number, string[]>();
      const ran = (version: string, at: number) => done.set(at, [...(done.get(at) ?? []), version]);
      const run = safely('titles', {
        client,
        v1: async (at: number) => {
          ran('v1', at);
          if (calls[at]?.v1 !== 'answer') throw `v1 error ${at}`;
          return `v1 ${at}`;
        },
        v2(at) {
          ran('v2', at);
          const fated = calls[at]?.v2;
          if (fated === 'throw') throw new Error('v2');
          if (fated === 'reject') return Promise.reject(new Error('v2'));
          if (fated === 'null') return Promise.reject(null);
          if (fated === 'hang') return new Promise<string>(() => {});
          return Promise.resolve(fated === 'refuse' ? '' : `v2 ${at}`);
        },
        validate: (answer) => answer !== '',
        timeoutMs: 100,
        effect: isWrite ? 'write' : 'read',
      });
      const answers = calls.map((_, at) => run(at).catch((error: unknown) => error));
      await clock.advance(100);
      const settled = await Promise.all(answers);
      for (const [at, answer] of settled.entries()) {
        const versions = done.get(at);
        const v1Outcome = calls[at]?.v1 === 'answer' ? `v1 ${at}` : `v1 error ${at}`;
        if (versions?.[0] === 'v2' && calls[at]?.v2 === 'answer') expect(answer).toBe(`v2 ${at}`);
        else if (isWrite && versions?.[0] === 'v2') expect(versions).toEqual(['v2']);
        else expect(answer).toBe(v1Outcome);
        expect(new Set(versions).size).toBe(versions?.length);
      }
      expect(faults).toEqual([]);
    }),
    { numRuns: drawn(80, 500) },
  );
}, 120_000);
