import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/evaluate/bucket.js';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { emptyCounts } from '../../../src/observe/tally.js';
import { checkBucket } from '../../../src/service/http/checkBucket.js';
import { publish } from '../../../src/service/http/publish.js';
import { nodeDigestOf } from '../../../src/service/nodeDigest.js';
import { createMemoryStore } from '../../harness/memoryStore.js';

const users = fc.integer({ min: 0, max: 30 }).map((n) => `user-${n}`);
const tagged = fc
  .uniqueArray(users, { maxLength: 4 })
  .map((keys) => keys.map((key) => ({ tag: digestOf('memoryPanel', key).tag })));
const rules = fc.record({
  enabled: fc.boolean(),
  percentage: fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
  allow: tagged,
  deny: tagged,
  regions: fc.option(fc.constant(['eu']), { nil: null }),
});

test('never finds fault with what a browser truly decided, and with a flipped arm only when it can tell', async () => {
  await fc.assert(
    fc.asyncProperty(rules, users, fc.constantFrom('eu', 'us'), async (rule, targetingKey, region) => {
      const publication = publish(await createMemoryStore({ memoryPanel: rule }).readState());
      const parsed = parseSnapshot(JSON.parse(publication.body));
      if (parsed.status !== 'valid') throw new Error(parsed.status);
      const { version, reason } = evaluate(parsed.snapshot, 'memoryPanel', { targetingKey, region }, { nowMs: 0 });
      const { epoch, revision } = publication;
      const arm = reason === 'SPLIT' ? version : 'none';
      const sent = {
        feature: 'memoryPanel',
        version,
        arm,
        reason,
        epoch,
        revision,
        stage: null,
        startMs: 0,
        durationMs: 10_000,
        counts: emptyCounts,
        units: { exposed: 1, error: 0, slow: 0, silent: 0 },
        histograms: {},
        sums: {},
        measures: {},
      } as const;
      const { subject } = digestOf('memoryPanel', targetingKey);
      expect(checkBucket(sent, subject, publication)).toBe(
        arm !== 'none' && rule.regions !== null ? 'unverified' : 'consistent',
      );
      const other = version === 'v1' ? 'v2' : 'v1';
      const forged = checkBucket({ ...sent, version: other, arm: other, reason: 'SPLIT' }, subject, publication);
      // A user of another region may look like one of an arm: that is what unverified is for.
      const isOfRegion = reason === 'TARGETING_MATCH' && version === 'v1';
      expect(isOfRegion ? ['mismatch', 'unverified'] : ['mismatch']).toContain(forged);
    }),
    { numRuns: 300 },
  );
});

test('gives the same digest as the browser for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (targetingKey) => {
      expect(nodeDigestOf('memoryPanel', targetingKey)).toEqual(digestOf('memoryPanel', targetingKey));
    }),
  );
});
