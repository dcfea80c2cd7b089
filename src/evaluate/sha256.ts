// SHA-256 (FIPS 180-4) for bucketing: synchronous, any length, no dependency. It decides a bucket; it protects nothing.

interface Sha256 {
  /**
   * Hashes bytes.
   * @param bytes any length; not modified
   * @returns the digest as eight signed 32-bit words, most significant first; a fresh array per call
   * @source FIPS 180-4, section 6.2
   */
  hash(bytes: Uint8Array): Int32Array;
  /**
   * Hashes text that was packed into words, and pads behind it.
   * @param words most significant byte first; zero behind `length`, with room for 72 bytes more
   * @param length in bytes
   * @returns as `hash` does, but the same array at each call: read it before the next
   */
  hashWords(words: Int32Array, length: number): Int32Array;
}

// In a function, because bundlers turn a module's constants into variables, and an engine looks those up in each round.
function createSha256(): Sha256 {
  const roundConstants = new Int32Array(64);
  const initialState = new Int32Array(8);
  // Filled and used within one call, never across two.
  const schedule = new Int32Array(64);
  const state = new Int32Array(8);

  // The constants are the first 32 fractional bits of square and cube roots of the first primes; deriving them costs fewer
  // bytes than listing them, and happens once.
  for (let candidate = 2, found = 0; found < 64; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
      if (candidate % divisor === 0) isPrime = false;
    }
    if (!isPrime) continue;
    if (found < 8) initialState[found] = (candidate ** 0.5 * 0x100000000) | 0;
    roundConstants[found++] = (candidate ** (1 / 3) * 0x100000000) | 0;
  }

  // Rotations are spelled out: as a function they are calls in each round wherever an engine does not inline them.
  const compress = (): void => {
    for (let t = 16; t < 64; t++) {
      const x = schedule[t - 15]!;
      const y = schedule[t - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      schedule[t] = (schedule[t - 16]! + s0 + schedule[t - 7]! + s1) | 0;
    }
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    let f = state[5]!;
    let g = state[6]!;
    let h = state[7]!;
    for (let t = 0; t < 64; t++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + (g ^ (e & (f ^ g))) + roundConstants[t]! + schedule[t]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = s0 + ((a & b) | (c & (a | b)));
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0]! += a;
    state[1]! += b;
    state[2]! += c;
    state[3]! += d;
    state[4]! += e;
    state[5]! += f;
    state[6]! += g;
    state[7]! += h;
  };

  const hashWords = (words: Int32Array, length: number): Int32Array => {
    const end = blocksOf(length) * 16;
    words[length >> 2]! |= 0x80 << (24 - (length & 3) * 8);
    words[end - 2] = length / 0x20000000;
    words[end - 1] = length << 3;
    for (let word = 0; word < 8; word++) state[word] = initialState[word]!;
    for (let at = 0; at < end;) {
      for (let word = 0; word < 16; word++) schedule[word] = words[at++]!;
      compress();
    }
    return state;
  };

  return {
    hashWords,
    hash(bytes) {
      const words = new Int32Array(blocksOf(bytes.length) * 16);
      for (let at = 0; at < bytes.length; at++) words[at >> 2]! |= bytes[at]! << (24 - (at & 3) * 8);
      return hashWords(words, bytes.length).slice();
    },
  };
}

/** How many blocks of 64 bytes a text of `length` bytes takes, with its padding. */
const blocksOf = (length: number): number => (length + 72) >> 6;

export const { hash: sha256, hashWords: sha256OfWords } = /* @__PURE__ */ createSha256();

/** Writes a digest's words as lower-case hex digits. */
export const digestHex = (words: Int32Array): string =>
  Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
