import { expect, test } from 'vitest';
import { rememberDigests } from '../../src/client/digests.js';
import { digestOf } from '../../src/evaluate/bucket.js';

test('says what digestOf says', () => {
  const remembered = rememberDigests()('memoryPanel', 'user-1');
  const { bucket, tag, subject } = digestOf('memoryPanel', 'user-1');
  expect([remembered.bucket, remembered.tag, remembered.subject]).toEqual([bucket, tag, subject]);
});

test('keeps the digests of one user, and nothing of the one before', () => {
  const digests = rememberDigests();
  const first = digests('memoryPanel', 'user-1');
  expect(digests('memoryPanel', 'user-1')).toBe(first);
  expect(digests('memoryPanel', 'user-2').tag).toBe(digestOf('memoryPanel', 'user-2').tag);
  expect(digests('memoryPanel', 'user-1')).not.toBe(first);
});
