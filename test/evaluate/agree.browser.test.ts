import { expect, test } from 'vitest';
import { digestOf } from '../../src/evaluate/bucket.js';
import { fixedKeys, fixedKeysChecksum } from './fixedKeys.js';

test('a real browser places every user of the fixed table as node:crypto does', async () => {
  const lines = fixedKeys.map(([feature, targetingKey]) => {
    const { bucket, tag, subject } = digestOf(feature, targetingKey);
    return `${bucket} ${tag} ${subject}\n`;
  });
  // The browser's own SHA-256, so that ours does not vouch for itself.
  const checksum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('')));
  const hex = Array.from(new Uint8Array(checksum), (byte) => byte.toString(16).padStart(2, '0')).join('');
  expect(lines).toHaveLength(500);
  expect(hex).toBe(fixedKeysChecksum);
});
