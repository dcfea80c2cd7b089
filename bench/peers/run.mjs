// node run.mjs [--quick] [--rounds N] [--only a,b] [--verbose] [--no-hash]
// Prints markdown tables and writes results.json. See README.md.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { buildAdapter, buildOurs, loadMeta, measureSize } from './lib/build.mjs';
import { median } from './lib/util.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const argv = process.argv.slice(2);
const has = (f) => argv.includes(f);
const val = (f, d) => (argv.includes(f) ? argv[argv.indexOf(f) + 1] : d);
const quick = has('--quick'),
  verbose = has('--verbose');
const rounds = Number(val('--rounds', quick ? 1 : 5));
const only = val('--only', '').split(',').filter(Boolean);
const out = path.resolve(root, val('--out', 'results.json'));
const MODES = val('--modes', 'eval,dom,mem,ssr').split(',');
const log = (s) => process.stderr.write(s + '\n');

function child(file, args, flags = []) {
  return new Promise((resolve) => {
    const p = spawn(process.execPath, [...flags, file, ...args], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let so = '',
      se = '';
    p.stdout.on('data', (d) => (so += d));
    p.stderr.on('data', (d) => (se += d));
    p.on('close', (code) => {
      if (verbose && se) log(se.slice(0, 6000));
      try {
        resolve(JSON.parse(so.trim().split('\n').pop()));
      } catch {
        resolve({
          errors: {
            process: `exit ${code}: ${
              (se || so)
                .trim()
                .split('\n')
                .find((l) => /Error/.test(l)) ?? se.slice(0, 150)
            }`,
          },
        });
      }
    });
  });
}

mkdirSync(path.join(root, '.work'), { recursive: true });
const files = readdirSync(path.join(root, 'adapters'))
  .filter((f) => f.endsWith('.mjs'))
  .sort();
const peers = [];
for (const f of files) {
  const id = f.replace(/\.mjs$/, '');
  if (only.length && !only.some((o) => id.startsWith(o))) continue;
  const file =
    id === 'switchback' && process.env.SWITCHBACK_ADAPTER
      ? path.resolve(process.env.SWITCHBACK_ADAPTER)
      : path.join(root, 'adapters', f);
  const meta = await loadMeta(root, file);
  if (meta.requiresEnv && !process.env[meta.requiresEnv]) {
    log(`skip ${id}: ${meta.requiresEnv} is not set`);
    continue;
  }
  const peer = { id, meta, modes: (meta.modes ?? MODES).filter((m) => MODES.includes(m)), samples: {}, errors: {} };
  peer.versions = Object.fromEntries(
    meta.packages.map((p) => {
      try {
        return [p, JSON.parse(readFileSync(path.join(root, 'node_modules', p, 'package.json'), 'utf8')).version];
      } catch {
        return [p, null];
      }
    }),
  );
  try {
    if (meta.size) peer.size = await measureSize(root, meta.size);
    if (peer.modes.some((m) => m !== 'ssr')) peer.dom = await buildAdapter(root, file, meta.platform ?? 'browser');
    if (peer.modes.includes('ssr')) peer.ssr = await buildAdapter(root, file, 'node');
  } catch (e) {
    peer.errors.build = String(e.message).slice(0, 200);
  }
  peers.push(peer);
}

if (has('--sizes')) {
  // sizes do not depend on the machine: refresh them alone in an existing results file
  const old = JSON.parse(readFileSync(out, 'utf8'));
  for (const p of peers) {
    const row = old.rows.find((r) => r.id === p.id);
    if (row && p.size) row.size = p.size;
  }
  writeFileSync(out, JSON.stringify(old, null, 1) + '\n');
  for (const p of peers) if (p.size) console.log(p.meta.name, p.size.min, p.size.gzip, p.size.brotli);
  process.exit(0);
}

const hashes = {};
const ours = await buildOurs(root);
const record = (peer, r) => {
  for (const [k, v] of Object.entries(r)) {
    if (k === 'errors') Object.assign(peer.errors, v);
    else if (typeof v === 'number') (peer.samples[k] ??= []).push(v);
    else if (k === 'firstPaintOk') peer.firstPaintOk = (peer.firstPaintOk ?? true) && v;
  }
};
for (let r = 0; r < rounds; r++) {
  const order = peers.map((_, i) => peers[(i + r * 5) % peers.length]); // a new starting point each round
  for (const mode of MODES)
    for (const p of order) {
      const bundle = mode === 'ssr' ? p.ssr : p.dom;
      if (!bundle || !p.modes.includes(mode)) continue;
      const res = await child(
        path.join(root, 'lib/child.mjs'),
        [mode, bundle, JSON.stringify({ quick, verbose })],
        mode === 'mem' ? ['--expose-gc'] : [],
      );
      record(p, res);
      log(`round ${r + 1}/${rounds} ${mode} ${p.id} ${JSON.stringify(res).slice(0, verbose ? 900 : 260)}`);
    }
  if (!has('--no-hash') && (!only.length || only.includes('hash'))) {
    const res = await child(path.join(root, 'lib/hash-child.mjs'), [JSON.stringify({ quick, ours })]);
    for (const [k, v] of Object.entries(res))
      if (typeof v === 'number') (hashes[k] ??= []).push(v);
      else log(JSON.stringify(v));
  }
}

const floor = peers.find((p) => p.id === 'baseline-constant');
const reference = peers.find((p) => p.id === 'baseline-per-key');
const unleash = peers.find((p) => p.id === 'unleash');
const perRoundRatio = (p, base, k) =>
  base?.samples[k] && p.samples[k] ? median(p.samples[k].map((v, i) => v / base.samples[k][i])) : null;
const rows = peers.map((p) => {
  const m = Object.fromEntries(Object.entries(p.samples).map(([k, v]) => [k, median(v)]));
  return {
    id: p.id,
    name: p.meta.name,
    kind: p.meta.kind ?? 'peer',
    versions: p.versions,
    size: p.size ?? null,
    ...m,
    firstPaintOk: p.firstPaintOk ?? null,
    mountVsFloor: perRoundRatio(p, floor, 'mountMs'),
    hookVsFloor: perRoundRatio(p, floor, 'hookMs'),
    ssrVsFloor: perRoundRatio(p, floor, 'ssrMs'),
    bytesOverFloor:
      floor?.samples.bytesPerConsumer && m.bytesPerConsumer != null
        ? m.bytesPerConsumer - median(floor.samples.bytesPerConsumer)
        : null,
    vsReference: Object.fromEntries(
      ['evalNs', 'hookMs', 'changeMs', 'ssrMs'].map((k) => [k, perRoundRatio(p, reference, k)]),
    ),
    vsUnleash: Object.fromEntries(
      ['evalNs', 'hookMs', 'changeMs', 'ssrMs'].map((k) => [k, perRoundRatio(p, unleash, k)]),
    ),
    spread: Object.fromEntries(
      Object.entries(p.samples).map(([k, v]) => [k, [Math.min(...v), Math.max(...v)].map((x) => +x.toPrecision(4))]),
    ),
    errors: p.errors,
    notes: p.meta.notes ?? null,
  };
});
const order = { baseline: 0, ours: 1, peer: 2, 'size only': 3 };
rows.sort((a, b) => order[a.kind] - order[b.kind] || a.name.localeCompare(b.name));
const hashRows = Object.fromEntries(Object.entries(hashes).map(([k, v]) => [k, median(v)]));
const bucketVsOneBlock = hashRows.bucketVsOneBlock ?? null;
delete hashRows.bucketVsOneBlock;
const round = (x) => (typeof x === 'number' ? +x.toPrecision(4) : x);
const deep = (o) =>
  Array.isArray(o)
    ? o.map(deep)
    : o && typeof o === 'object'
      ? Object.fromEntries(Object.entries(o).map(([k, v]) => [k, deep(v)]))
      : round(o);

const n = (x, d = 1) =>
  x == null ? '–' : x >= 1000 ? Math.round(x).toLocaleString('en') : x.toFixed(x >= 100 ? 0 : d);
const kb = (x) => (x == null ? '–' : (x / 1000).toFixed(2));
const md = [];
const table = (head, body) => {
  md.push(
    '| ' + head.join(' | ') + ' |',
    '|' + head.map((_, i) => (i ? '---:' : '---')).join('|') + '|',
    ...body.map((r) => '| ' + r.join(' | ') + ' |'),
    '',
  );
};
md.push('### A. Bundle (provider + boolean hook + gate, react external), kB', '');
table(
  ['', 'min', 'gzip', 'brotli'],
  rows
    .filter((r) => r.size)
    .sort((a, b) => a.size.gzip - b.size.gzip)
    .map((r) => [r.name, kb(r.size.min), kb(r.size.gzip), kb(r.size.brotli)]),
);
md.push('### B. Evaluation, ns', '');
table(
  ['', 'flag from memory', 'bucketed'],
  rows
    .filter((r) => r.evalNs != null || r.bucketNs != null)
    .sort((a, b) => (a.evalNs ?? 1e9) - (b.evalNs ?? 1e9))
    .map((r) => [r.name, n(r.evalNs), n(r.bucketNs)]),
);
if (Object.keys(hashRows).length) {
  md.push('Hash reference, ns per bucket of a 30-byte key', '');
  table(
    ['', 'ns'],
    Object.entries(hashRows)
      .sort((a, b) => a[1] - b[1])
      .map(([k, v]) => [k, n(v)]),
  );
}
md.push('### C–E. 1,000 consumers of 100 flags', '');
table(
  [
    '',
    'mount ms',
    '× floor',
    'mount, no DOM, ms',
    '× floor',
    'first paint right',
    're-renders to ready',
    're-renders, one flag',
    'ms, one flag',
    're-renders, same refetch',
    'bytes/consumer over floor',
    'SSR ms',
    '× floor',
  ],
  rows
    .filter((r) => r.mountMs != null || r.ssrMs != null || r.errors.mount)
    .map((r) => [
      r.name,
      n(r.mountMs),
      n(r.mountVsFloor, 2),
      n(r.hookMs, 2),
      n(r.hookVsFloor, 2),
      r.firstPaintOk == null ? '–' : r.firstPaintOk ? 'yes' : 'no',
      n(r.extraRendersToReady, 0),
      n(r.changeRenders, 0),
      n(r.changeMs, 2),
      n(r.refetchRenders, 0),
      n(r.bytesOverFloor, 0),
      n(r.ssrMs, 2),
      n(r.ssrVsFloor, 2),
    ]),
);
const failed = rows.filter((r) => Object.keys(r.errors).length);
if (failed.length) {
  md.push('Not measured:', '');
  for (const r of failed)
    md.push(
      `- ${r.name}: ${Object.entries(r.errors)
        .map(([k, v]) => `${k} (${v})`)
        .join('; ')}`,
    );
  md.push('');
}
const text = md.join('\n');
if (has('--merge')) {
  // put the cells just measured into an existing results file
  const old = JSON.parse(readFileSync(out, 'utf8'));
  for (const row of old.rows) {
    const now = rows.find((x) => x.id === row.id);
    if (!now) continue;
    for (const k of Object.keys(now.spread)) {
      row[k] = round(now[k]);
      row.spread[k] = deep(now.spread[k]);
    }
    if (now.notes) row.notes = now.notes;
  }
  if (Object.keys(hashRows).length) old.hashes = deep(hashRows);
  writeFileSync(out, JSON.stringify(old, null, 1) + '\n');
  console.log(text);
  process.exit(0);
}
writeFileSync(
  out,
  JSON.stringify(
    deep({
      node: process.version,
      react: JSON.parse(readFileSync(path.join(root, 'node_modules/react/package.json'), 'utf8')).version,
      cpus: os.cpus().length,
      cpu: os.cpus()[0]?.model ?? null,
      date: new Date().toISOString().slice(0, 10),
      rounds,
      quick,
      bucketVsOneBlock,
      rows,
      hashes: hashRows,
    }),
    null,
    1,
  ) + '\n',
);
console.log(text);
