export const median = (xs) => {
  const v = xs.filter((x) => typeof x === 'number' && Number.isFinite(x)).sort((a, b) => a - b);
  if (!v.length) return null;
  const m = v.length >> 1;
  return v.length % 2 ? v[m] : (v[m - 1] + v[m]) / 2;
};
/** Lower quartile: what a process reports for its own samples, so that a neighbour's burst does not count. */
export const q25 = (xs) => {
  const v = xs.filter((x) => Number.isFinite(x)).sort((a, b) => a - b);
  return v.length ? v[Math.floor((v.length - 1) / 4)] : null;
};
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export const tick = () => new Promise((r) => setImmediate(r));
export const FLAG_COUNT = 100;
export const CONSUMERS = 1000;
/** 100 flags, every third one off, names of a realistic length. */
export const makeFlags = () => {
  const out = {};
  for (let i = 0; i < FLAG_COUNT; i++) out[`feature-${String(i).padStart(3, '0')}`] = i % 3 !== 0;
  return out;
};
/** ns per call, lower quartile of `samples` samples of about `ms` each, after a warm-up. */
export function nsPerCall(fn, { samples = 9, ms = 35 } = {}) {
  let sink = 0,
    n = 200;
  // Some clients need tens of thousands of calls before they run at their own pace.
  for (const end = performance.now() + 600; performance.now() < end;)
    for (let i = 0; i < 100; i++) sink += fn(i) ? 1 : 0;
  for (;;) {
    const t = performance.now();
    for (let i = 0; i < n; i++) sink += fn(i) ? 1 : 0;
    const dt = performance.now() - t;
    if (dt > ms / 2 || n > 5e7) {
      n = Math.max(1, Math.round((n * ms) / Math.max(dt, 0.01)));
      break;
    }
    n *= 4;
  }
  const out = [];
  for (let s = 0; s < samples; s++) {
    const t = performance.now();
    for (let i = 0; i < n; i++) sink += fn(i) ? 1 : 0;
    out.push(((performance.now() - t) * 1e6) / n);
  }
  globalThis.__sink = sink;
  return q25(out);
}
export async function nsPerCallAsync(fn, { samples = 5, n = 3000 } = {}) {
  let sink = 0;
  for (let i = 0; i < 500; i++) sink += (await fn(i)) ? 1 : 0;
  const out = [];
  for (let s = 0; s < samples; s++) {
    const t = performance.now();
    for (let i = 0; i < n; i++) sink += (await fn(i)) ? 1 : 0;
    out.push(((performance.now() - t) * 1e6) / n);
  }
  globalThis.__sink = sink;
  return q25(out);
}
export function assert(cond, msg) {
  if (!cond) throw new Error('assertion failed: ' + msg);
}
