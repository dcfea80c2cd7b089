import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bucketOf, digestOf, normalizeTargetingKey, readDigest } from '../../src/evaluate/bucket.js';
import { fixedKeys, fixedKeysChecksum } from './fixedKeys.js';

const nodeHex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

test.each([
  ['memory_system', 'user-123', '9e3f7c9c', 9607, '4e35f1bfa70e4923'],
  ['memoryPanel', 'user-1', 'e33e25f5', 8109, 'a62d344c564b3b06'],
  ['memoryPanel', 'default-session', '8f53cc90', 4437, '5b00cd823a627e60'],
])('places %s for %s where the published vectors do', (feature, targetingKey, first, bucket, tag) => {
  expect(digestOf(feature, targetingKey)).toEqual({ bucket, tag, subject: first + tag });
});

test('reads the bucket, the tag and the subject from the places the protocol names', () => {
  expect(readDigest(`000004d2${'0123456789abcdef'}${'f'.repeat(40)}`)).toEqual({
    bucket: 3412,
    tag: '0123456789abcdef',
    subject: '000004d20123456789abcdef',
  });
});

test('agrees with node:crypto on the fixed table that browsers are held to', () => {
  const lines = fixedKeys.map(([feature, targetingKey]) => {
    const { bucket, tag, subject } = readDigest(nodeHex(`${feature}:${normalizeTargetingKey(targetingKey)}`));
    return `${bucket} ${tag} ${subject}\n`;
  });
  expect(nodeHex(lines.join(''))).toBe(fixedKeysChecksum);
});

test('agrees with node:crypto for any key, also with half a surrogate pair', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('', '\ud800', '\udc00'), (key, lone) => {
      const targetingKey = key + lone;
      const hex = nodeHex(`memoryPanel:${normalizeTargetingKey(targetingKey)}`);
      expect(digestOf('memoryPanel', targetingKey)).toEqual(readDigest(hex));
    }),
    { numRuns: 1_000 },
  );
});

describe('normalizeTargetingKey', () => {
  test.each([
    ['spaces around', '  user-1\n', 'user-1'],
    ['decomposed letters', 'Ame\u0301lie', 'Amélie'],
    ['control characters', 'us\u0000er\u001f-\u007f\u0085\u009f1', 'user-1'],
    ['more than 256 units', 'x'.repeat(300), 'x'.repeat(256)],
    ['a pair across the cut', `${'x'.repeat(255)}👩`, `${'x'.repeat(255)}\ud83d`],
    ['inner spaces (kept)', 'user 1', 'user 1'],
    ['format characters that are not controls (kept)', 'user\u200d1', 'user\u200d1'],
    ['nothing', '', 'default-session'],
    ['only spaces', ' \t\n', 'default-session'],
    ['only control characters', '\u0000\u0007', 'default-session'],
  ])('handles %s', (_, key, normalized) => {
    expect(normalizeTargetingKey(key)).toBe(normalized);
  });

  test('counts anything but a string as the default session', () => {
    const notString = fc.anything().filter((value) => typeof value !== 'string');
    fc.assert(
      fc.property(notString, (value) => {
        expect(normalizeTargetingKey(value)).toBe('default-session');
      }),
    );
  });

  test('gives 1 to 256 units without control characters, whatever it gets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (key) => {
        const normalized = normalizeTargetingKey(key);
        expect(normalized.length).toBeGreaterThan(0);
        expect(normalized.length).toBeLessThanOrEqual(256);
        expect(normalized).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  test('places composed and decomposed spellings of one name alike', () => {
    expect(bucketOf('memoryPanel', 'Ame\u0301lie')).toBe(bucketOf('memoryPanel', 'Amélie'));
    expect(bucketOf('memoryPanel', 'Amelie')).not.toBe(bucketOf('memoryPanel', 'Amélie'));
  });
});

describe('the spread of 100,000 fixed keys', () => {
  const userCount = 100_000;
  const bucketsOf = (feature: string): number[] =>
    Array.from({ length: userCount }, (_, index) => bucketOf(feature, `user-${index}`));
  const first = bucketsOf('memoryPanel');
  const second = bucketsOf('sessionsList');

  // 99 degrees of freedom: 148.2 is the 0.1 % point. The keys are fixed, so this passes always or never.
  test.each([
    ['whole percents', (bucket: number) => Math.floor(bucket / 100)],
    ['hundredths', (bucket: number) => bucket % 100],
  ])('is uniform over %s', (_, binOf) => {
    for (const buckets of [first, second]) {
      const bins = Array.from({ length: 100 }, () => 0);
      for (const bucket of buckets) bins[binOf(bucket)]! += 1;
      const expected = userCount / 100;
      const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(148.2);
      // Too even would be as suspicious: 60.3 is the 0.1 % point on that side.
      expect(chiSquare).toBeGreaterThan(60.3);
    }
  });

  // One degree of freedom: 10.83 is the 0.1 % point.
  test.each([500, 1_000, 5_000])('is independent across two features at bucket %i', (threshold) => {
    const cells = [0, 0, 0, 0];
    first.forEach((bucket, index) => {
      cells[(bucket < threshold ? 0 : 1) + (second[index]! < threshold ? 0 : 2)]! += 1;
    });
    const [both, onlySecond, onlyFirst, none] = cells as [number, number, number, number];
    const chiSquare =
      (userCount * (both * none - onlySecond * onlyFirst) ** 2) /
      ((both + onlySecond) * (onlyFirst + none) * (both + onlyFirst) * (onlySecond + none));
    expect(chiSquare).toBeLessThan(10.83);
  });
});
