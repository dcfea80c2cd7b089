// SHA-256 (FIPS 180-4) for bucketing: synchronous, any length, no dependency. It decides a bucket; it protects nothing.

const roundConstants = new Int32Array(64);
const initialState = new Int32Array(8);

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

const schedule = new Int32Array(64);

/**
 * Hashes bytes.
 * @param bytes any length; not modified
 * @returns the digest as eight signed 32-bit words, most significant first; a fresh array per call
 * @source FIPS 180-4, section 6.2
 */
export function sha256(bytes: Uint8Array): Int32Array {
  const state = Int32Array.from(initialState);
  const blockCount = ((bytes.length + 8) >> 6) + 1;
  const bitLength = bytes.length * 8;
  for (let block = 0; block < blockCount; block++) {
    for (let word = 0; word < 16; word++) {
      let value = 0;
      for (let byte = 0; byte < 4; byte++) {
        const at = block * 64 + word * 4 + byte;
        value = (value << 8) | (at < bytes.length ? bytes[at]! : at === bytes.length ? 0x80 : 0);
      }
      schedule[word] = value;
    }
    if (block === blockCount - 1) {
      schedule[14] = (bitLength / 0x100000000) | 0;
      schedule[15] = bitLength | 0;
    }
    compress(state);
  }
  return state;
}

function compress(state: Int32Array): void {
  for (let t = 16; t < 64; t++) {
    const a = schedule[t - 15]!;
    const b = schedule[t - 2]!;
    const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
    const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
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
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[t]! + schedule[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0]! + a) | 0;
  state[1] = (state[1]! + b) | 0;
  state[2] = (state[2]! + c) | 0;
  state[3] = (state[3]! + d) | 0;
  state[4] = (state[4]! + e) | 0;
  state[5] = (state[5]! + f) | 0;
  state[6] = (state[6]! + g) | 0;
  state[7] = (state[7]! + h) | 0;
}

const hexByte = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

/** Writes a digest's words as 64 lower-case hex digits. */
export const digestHex = (words: Int32Array): string => Array.from(words, hexByte).join('');
