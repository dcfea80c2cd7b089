// ns per percentage bucket of a 30-byte key, by hash. Every SHA-256 row is checked against node:crypto.
import { createHash, webcrypto } from 'node:crypto';
import * as nodeCrypto from 'node:crypto';
import { sha256 as noble } from '@noble/hashes/sha2.js';
import * as jsShaNs from 'js-sha256';
import murmur from 'imurmurhash';
import { sha256First32 } from './sha256-one-block.mjs';
import { assert, median, nsPerCall, nsPerCallAsync } from './util.mjs';

const opt = JSON.parse(process.argv[2] ?? '{}');
const ours = opt.ours ? await import(opt.ours) : null;
const q = opt.quick ? { samples: 3, ms: 30 } : {};
const jsSha = jsShaNs.sha256 ?? jsShaNs.default?.sha256 ?? jsShaNs.default;
const enc = new TextEncoder();
const inputs = Array.from({ length: 1000 }, (_, i) => `checkout-v2:session-${String(i).padStart(10, '0')}`); // 30 bytes
assert(inputs[0].length === 30, '30 bytes');
const first = (bytes) => ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
const fnv = (s) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < s.length; i++) {
    h ^= s.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  return h >>> 0;
};
const truth = (s) => parseInt(createHash('sha256').update(s).digest('hex').slice(0, 8), 16) % 100;

const sync = {
  'node:crypto createHash': (s) => parseInt(createHash('sha256').update(s).digest('hex').slice(0, 8), 16) % 100,
  ...(nodeCrypto.hash
    ? { 'node:crypto hash()': (s) => parseInt(nodeCrypto.hash('sha256', s, 'hex').slice(0, 8), 16) % 100 }
    : {}),
  '@noble/hashes': (s) => first(noble(enc.encode(s))) % 100,
  'js-sha256': (s) => parseInt(jsSha(s).slice(0, 8), 16) % 100,
  'one-block SHA-256 (own reference)': (s) => sha256First32(s) % 100,
  'murmur3 (imurmurhash; not SHA-256)': (s) => murmur(s).result() % 100,
  'FNV-1a (not SHA-256)': (s) => fnv(s) % 100,
};
const users = Array.from({ length: 1000 }, (_, i) => `session-${String(i).padStart(10, '0')}`);
if (ours) sync['Switchback: bucketOf, no memo'] = (s, i) => Math.trunc(ours.bucketOf('checkout-v2', users[i]) / 100);
const web = async (s) => first(new Uint8Array(await webcrypto.subtle.digest('SHA-256', enc.encode(s)))) % 100;
const out = {};
for (const [name, fn] of Object.entries(sync)) {
  if (!name.includes('not SHA')) inputs.forEach((s, i) => assert(fn(s, i) === truth(s), name));
  else {
    let on = 0;
    for (const s of inputs) on += fn(s) < 50 ? 1 : 0;
    assert(on > 350 && on < 650, name + ' spread ' + on);
  }
  out[name] = nsPerCall((i) => fn(inputs[i % 1000], i % 1000), q);
}
for (const s of inputs.slice(0, 50)) assert((await web(s)) === truth(s), 'webcrypto');
out['WebCrypto digest (async)'] = await nsPerCallAsync((i) => web(inputs[i % 1000]));
const memo = new Map(inputs.map((s) => [s, truth(s)]));
out['memo: Map lookup of a ready key'] = nsPerCall((i) => memo.get(inputs[i % 1000]), q);
const byFeature = new Map(
  Array.from({ length: 100 }, (_, i) => [`feature-${String(i).padStart(3, '0')}`, truth(inputs[i])]),
);
const names = [...byFeature.keys()];
out['memo: Map lookup by feature name (session fixed)'] = nsPerCall((i) => byFeature.get(names[i % 100]), q);
out['memo: concatenate key, then Map lookup'] = (() => {
  const m = new Map(names.map((n) => [n + ':session-0001', truth(n + ':session-0001')]));
  return nsPerCall((i) => m.get(names[i % 100] + ':session-0001'), q);
})();
if (ours) {
  const rule = { enabled: true, percentage: 50 };
  const client = ours.createSwitchback({
    features: Object.fromEntries(names.map((name) => [name, {}])),
    initial: {
      schema: 1,
      kind: 'rules',
      epoch: 1,
      revision: 1,
      features: Object.fromEntries(names.map((name) => [name, rule])),
    },
    context: { targetingKey: 'session-0001' },
    storage: false,
  });
  for (const name of names)
    assert(client.getDecision(name).bucket === ours.bucketOf(name, 'session-0001'), 'bucket of ' + name);
  out['Switchback: bucket again, getDecision().bucket'] = nsPerCall(
    (i) => client.getDecision(names[i % 100]).bucket,
    q,
  );
}
if (ours) {
  // Sample by sample beside the reference, so that a neighbour's burst meets both.
  const reference = sync['one-block SHA-256 (own reference)'];
  const bucket = sync['Switchback: bucketOf, no memo'];
  const ratios = [];
  for (let sample = 0; sample < (opt.quick ? 5 : 25); sample++) {
    const [a, b] = [reference, bucket].map((fn) => {
      let sink = 0;
      const t = performance.now();
      for (let i = 0; i < 20000; i++) sink += fn(inputs[i % 1000], i % 1000);
      globalThis.__sink = sink;
      return performance.now() - t;
    });
    ratios.push(b / a);
  }
  out.bucketVsOneBlock = median(ratios);
}
process.stdout.write(JSON.stringify(out) + '\n');
