// First 32 bits of SHA-256 for a short ASCII string (at most 55 bytes, so one block), nothing more:
// what a percentage bucket needs. Used as the reference for the cheapest pure-JS SHA-256 bucket.
const frac = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const K = Int32Array.from(primes, (p) => frac(Math.cbrt(p)));
const H = Int32Array.from(primes.slice(0, 8), (p) => frac(Math.sqrt(p)));
const W = new Int32Array(64);

export function sha256First32(s) {
  const len = s.length;
  if (len > 55) throw new RangeError('one block only');
  for (let i = 0; i < 16; i++) W[i] = 0;
  for (let i = 0; i < len; i++) W[i >> 2] |= s.charCodeAt(i) << (24 - ((i & 3) << 3));
  W[len >> 2] |= 0x80 << (24 - ((len & 3) << 3));
  W[15] = len << 3;
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15],
      y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let a = H[0],
    b = H[1],
    c = H[2],
    d = H[3],
    e = H[4],
    f = H[5],
    g = H[6],
    h = H[7];
  for (let i = 0; i < 64; i++) {
    const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  return (H[0] + a) >>> 0;
}
