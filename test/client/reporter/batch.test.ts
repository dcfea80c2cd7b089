import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxBatchBytes, writeBatch } from '../../../src/client/reporter/batch.js';
import { chooseTallies, writeTally, type WaitingTally } from '../../../src/client/reporter/waitingTally.js';
import { emptyTally } from '../../../src/observe/tally.js';
import { drawn } from '../../harness/drawn.js';
import { subjectOf } from './sinkHarness.js';

function waitingTally(feature: string, subject: string, stage: string): WaitingTally {
  const observed = { feature, version: 'v2', arm: 'v2', reason: 'SPLIT', epoch: 7, revision: 1, stage } as const;
  const how = { units: 1, sampling: 1, isCritical: true, observations: 1, text: '', bytes: 0 };
  const waiting = { tally: emptyTally(observed, 0), subject, ...how };
  writeTally(waiting);
  return waiting;
}

const envelope = {
  senderId: 'f'.repeat(32),
  seq: Number.MAX_SAFE_INTEGER,
  sentAtMs: 1_795_244_451_480,
  build: 'b'.repeat(64),
  final: false,
  dropped: { queueFull: 1e9, expired: 1e9, storage: 0 },
};

test('fills a batch up to 60 KiB, with one subject per feature', () => {
  const stages = fc.string({ unit: 'binary', maxLength: 64 });
  const feature = fc.integer({ min: 100, max: 400 }).map((at) => `feature${at}`.padEnd(64, 'x'));
  fc.assert(
    fc.property(fc.array(fc.tuple(feature, fc.nat(1), stages), { minLength: 200, maxLength: 300 }), (list) => {
      const waiting = list.map(([name, user, stage]) => waitingTally(name, subjectOf(user), stage));
      const chosen = chooseTallies(waiting, maxBatchBytes);
      const { text } = writeBatch(chosen, envelope);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBatchBytes);
      expect(Buffer.byteLength(text)).toBeGreaterThan(maxBatchBytes / 2);
      const { subjects } = JSON.parse(text);
      for (const { tally, subject } of chosen) expect(subjects[tally.feature]).toBe(subject);
    }),
    { numRuns: drawn(8, 50) },
  );
});
