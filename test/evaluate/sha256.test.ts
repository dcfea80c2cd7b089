import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestHex, sha256 } from '../../src/evaluate/sha256.js';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const ours = (bytes: Uint8Array): string => digestHex(sha256(bytes));
const nodes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

// FIPS 180-4 / NIST CSRC example messages.
test.each([
  ['the empty message', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['"abc"', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    '448 bits',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [
    '896 bits',
    'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
  ],
  ['one million "a"', 'a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('hashes %s as the standard says', (_, message, digest) => {
  expect(ours(ascii(message))).toBe(digest);
});

test('agrees with node:crypto at every length around the block borders', () => {
  for (let length = 0; length < 130; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 0xff);
    expect(ours(bytes), `length ${length}`).toBe(nodes(bytes));
  }
});

test('agrees with node:crypto on any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(ours(bytes)).toBe(nodes(bytes));
    }),
    {
      numRuns: 2_000,
    },
  );
});

test('leaves its input alone and gives a fresh digest each time', () => {
  const bytes = ascii('abc');
  const first = sha256(bytes);
  const second = sha256(ascii('something else'));
  expect(bytes).toEqual(ascii('abc'));
  expect(digestHex(first)).toBe(nodes(bytes));
  expect(second).not.toBe(first);
});
