import { expect, test } from 'vitest';
import { openStorage } from '../../src/client/storage.js';
import { anonymousStorageKey, anonymousTargetingKey, randomHex } from '../../src/client/targetingKey.js';

test('is 128 random bits in hex, and stays', () => {
  const storage = openStorage(false);
  const key = anonymousTargetingKey(storage);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(anonymousTargetingKey(storage)).toBe(key);
  expect(anonymousTargetingKey(openStorage(false))).not.toBe(key);
});

test.each([[''], ['abc'], ['A'.repeat(32)], ['0'.repeat(33)], ['{"a":1}']])('replaces the stored %j', (stored) => {
  const storage = openStorage(false);
  storage.set(anonymousStorageKey, stored);
  const key = anonymousTargetingKey(storage);
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(storage.get(anonymousStorageKey)).toBe(key);
});

test('writes every byte as two digits', () => {
  expect(randomHex((bytes) => bytes.map((_, at) => at))).toBe('000102030405060708090a0b0c0d0e0f');
});
