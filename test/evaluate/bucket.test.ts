import { expect, test } from 'vitest';
import { digestOf } from '../../src/evaluate/bucket.js';

test.each([
  ['memory_system', 'user-123', 9607, '4e35f1bfa70e4923'],
  ['memoryPanel', 'user-1', 8109, 'a62d344c564b3b06'],
  ['memoryPanel', '', 4437, '5b00cd823a627e60'],
])('places %s for %s', (feature, targetingKey, bucket, tag) => {
  expect(digestOf(feature, targetingKey)).toMatchObject({ bucket, tag });
});
