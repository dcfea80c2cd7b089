// One adapter, one mode, one process. argv: <mode> <bundle path> <options json>. Prints one JSON line.
import { installDom, installServerNet, net } from './env.mjs';
import { median, q25, sleep, tick, nsPerCall, assert, makeFlags, CONSUMERS } from './util.mjs';

const [mode, bundle, optJson] = process.argv.slice(2);
const opt = JSON.parse(optJson ?? '{}');
const origLog = process.stdout.write.bind(process.stdout);
for (const k of ['log', 'info', 'debug', 'warn', 'error']) {
  console[k] = opt.verbose
    ? (...a) => process.stderr.write(`[${k}] ` + a.map(String).join(' ').slice(0, 300) + '\n')
    : () => {};
}
process.on('unhandledRejection', (e) => {
  if (opt.verbose) process.stderr.write('unhandled ' + (e?.stack ?? e) + '\n');
});

const result = { mode, errors: {} };
const finish = () => {
  origLog(JSON.stringify(result) + '\n', () => process.exit(0));
};

if (mode === 'ssr') installServerNet();
else await installDom();
const React = (await import('react')).default;
const { create } = await import(bundle);

const flags = makeFlags();
const keys = Object.keys(flags);
let seq = 0;
const make = (purpose = 'render') => {
  net.handler = () => undefined;
  return create({ flags: { ...flags }, keys, net, id: ++seq, purpose, server: mode === 'ssr' });
};
let renders = 0;
const h = React.createElement;

function itemFor(inst) {
  const useBool = inst.useBool;
  return function Item({ k, init }) {
    renders++;
    return h('i', null, useBool(k, init) ? '1' : '0');
  };
}
let on = 0;
function bareItemFor(inst) {
  const useBool = inst.useBool;
  return function BareItem({ k, init }) {
    if (useBool(k, init)) on++;
    return null;
  };
}
function treeFor(inst, n, bare) {
  const Item = bare ? bareItemFor(inst) : itemFor(inst);
  const items = [];
  for (let i = 0; i < n; i++) {
    const k = keys[i % keys.length];
    items.push(h(Item, { key: i, k, init: flags[k] }));
  }
  const list = h('div', null, items);
  return inst.Provider ? h(inst.Provider, null, list) : list;
}
const expected = (n, f = flags) => {
  let s = '';
  for (let i = 0; i < n; i++) s += f[keys[i % keys.length]] ? '1' : '0';
  return s;
};
async function settle(ms = 60) {
  await sleep(ms);
  for (let i = 0; i < 5; i++) await tick();
}
const guard = async (name, fn) => {
  try {
    await fn();
  } catch (e) {
    result.errors[name] = String(e?.message ?? e).slice(0, 200);
    if (opt.verbose) process.stderr.write((e?.stack ?? e) + '\n');
  }
};

async function evalCells() {
  const inst = await make('eval');
  if (inst.ready) await inst.ready;
  if (inst.evaluate)
    await guard('eval', async () => {
      for (const k of keys)
        assert(inst.evaluate(k) === flags[k], `evaluate(${k}) is ${inst.evaluate(k)}, expected ${flags[k]}`);
      result.evalNs = nsPerCall((i) => inst.evaluate(keys[i % 100]), opt.quick ? { samples: 3, ms: 30 } : {});
    });
  if (inst.evaluateBucketed)
    await guard('bucket', async () => {
      let on = 0;
      for (let i = 0; i < 1000; i++) on += inst.evaluateBucketed(i) ? 1 : 0;
      assert(on > 350 && on < 650, `bucketed evaluation should be on for about half of 1000 inputs, was ${on}`);
      result.bucketNs = nsPerCall((i) => inst.evaluateBucketed(i % 1000), opt.quick ? { samples: 3, ms: 30 } : {});
    });
  await inst.dispose?.();
}

async function renderCells() {
  const { createRoot } = await import('react-dom/client');
  const { flushSync } = await import('react-dom');
  const mountOnce = async () => {
    const inst = await make();
    const el = document.createElement('div');
    document.body.appendChild(el);
    const root = createRoot(el);
    const tree = treeFor(inst, CONSUMERS);
    renders = 0;
    const t = performance.now();
    flushSync(() => root.render(tree));
    const ms = performance.now() - t;
    return { inst, el, root, ms, firstRenders: renders, text: el.textContent };
  };
  const mounts = [],
    settled = [];
  const unmount = async (m) => {
    m.root.unmount();
    m.el.remove();
    await m.inst.dispose?.();
  };
  await guard('mount', async () => {
    const count = opt.quick ? 5 : 16;
    for (let i = 0; i < count; i++) {
      const m = await mountOnce();
      if (i >= 4 || opt.quick) mounts.push(m.ms);
      await settle(30);
      assert(
        m.el.textContent === expected(CONSUMERS),
        'mounted tree shows wrong values: ' + m.el.textContent.slice(0, 12),
      );
      settled.push(renders - CONSUMERS);
      result.firstPaintOk = m.text === expected(CONSUMERS);
      await unmount(m);
      await tick();
    }
    result.mountMs = q25(mounts);
    result.extraRendersToReady = median(settled);
  });
  if (result.errors.mount) return;
  await guard('hook', async () => {
    // Consumers that render nothing: the cost of the hook and of React, without DOM nodes.
    const want = Array.from(expected(CONSUMERS)).filter((c) => c === '1').length,
      ts = [];
    for (let i = 0; i < (opt.quick ? 6 : 20); i++) {
      const inst = await make(),
        el = document.createElement('div'),
        root = createRoot(el);
      const tree = treeFor(inst, CONSUMERS, true);
      on = 0;
      const t = performance.now();
      flushSync(() => root.render(tree));
      ts.push(performance.now() - t);
      if (result.firstPaintOk) assert(on === want, `bare tree saw ${on} flags on, expected ${want}`);
      await settle(5);
      root.unmount();
      await inst.dispose?.();
    }
    result.hookMs = q25(ts.slice(2));
  });
  const m = await mountOnce();
  await settle(80);
  const nodes = [...m.el.querySelectorAll('i')];
  assert(nodes.length === CONSUMERS, 'node count');
  if (m.inst.setOne)
    await guard('change', async () => {
      const cur = { ...flags },
        ms = [],
        counts = [];
      const rounds = opt.quick ? 6 : 24;
      for (let r = 0; r < rounds; r++) {
        const idx = (r * 7 + 3) % 100,
          key = keys[idx];
        cur[key] = !cur[key];
        const want = cur[key] ? '1' : '0',
          last = nodes[900 + idx];
        renders = 0;
        const t = performance.now();
        const p = m.inst.setOne(key, cur[key], cur);
        while (last.textContent !== want) {
          if (performance.now() - t > 4000) throw new Error('the change never reached the tree');
          await tick();
        }
        const dt = performance.now() - t;
        await p;
        await settle(m.inst.settleMs ?? 12);
        if (r >= 3 || opt.quick) {
          ms.push(dt);
          counts.push(renders);
        }
        assert(m.el.textContent === expected(CONSUMERS, cur), 'tree after the change');
      }
      result.changeMs = q25(ms);
      result.changeRenders = median(counts);
      Object.assign(flags, cur);
    });
  if (m.inst.refetchSame)
    await guard('refetch', async () => {
      const before = net.calls,
        counts = [];
      for (let r = 0; r < 3; r++) {
        renders = 0;
        await m.inst.refetchSame(flags);
        await settle(m.inst.settleMs ? m.inst.settleMs * 3 : 40);
        counts.push(renders);
        assert(m.el.textContent === expected(CONSUMERS), 'tree after the refetch');
      }
      if (m.inst.refetchUsesNet) assert(net.calls > before, 'the refetch did not fetch');
      result.refetchRenders = median(counts);
    });
  await unmount(m);
}

async function memCells() {
  const { createRoot } = await import('react-dom/client');
  const { flushSync } = await import('react-dom');
  const heap = async () => {
    await settle(60);
    for (let i = 0; i < 4; i++) {
      globalThis.gc();
      await tick();
    }
    return process.memoryUsage().heapUsed;
  };
  await guard('mem', async () => {
    const inst = await make();
    const el = document.createElement('div');
    document.body.appendChild(el);
    const root = createRoot(el);
    const small = treeFor(inst, 1000);
    flushSync(() => root.render(small));
    const h1 = await heap();
    // Same component types, so React keeps the first 1000 and adds 4000.
    const Item = (small.props.children?.type === 'div' ? small.props.children : small).props.children[0].type;
    const items = [];
    for (let i = 0; i < 5000; i++) {
      const k = keys[i % 100];
      items.push(h(Item, { key: i, k, init: flags[k] }));
    }
    const list = h('div', null, items);
    flushSync(() => root.render(inst.Provider ? h(inst.Provider, null, list) : list));
    const h2 = await heap();
    assert(el.textContent === expected(5000), 'mem tree');
    result.bytesPerConsumer = (h2 - h1) / 4000;
    root.unmount();
  });
}

async function ssrCells() {
  const { renderToString } = await import('react-dom/server');
  await guard('ssr', async () => {
    const inst = await make();
    if (inst.ready) await inst.ready;
    const strip = (s) => s.replace(/<!--.*?-->/g, '').replace(/<[^>]+>/g, '');
    const html = renderToString(treeFor(inst, CONSUMERS));
    assert(strip(html) === expected(CONSUMERS), 'server HTML shows wrong values: ' + html.slice(0, 80));
    const ts = [],
      begin = performance.now();
    for (let i = 0; i < (opt.quick ? 8 : 40); i++) {
      const tree = treeFor(inst, CONSUMERS);
      const t = performance.now();
      renderToString(tree);
      ts.push(performance.now() - t);
      if (performance.now() - begin > 3000) break; // some peers get slower with every render
    }
    result.ssrMs = q25(ts.length > 20 ? ts.slice(5) : ts);
    result.ssrLastOverFirst = ts.at(-1) / ts[0];
    if (!opt.quick) {
      // The thousandth render beside the first ones that ran at full speed.
      const long = [];
      while (long.length < 1000 && performance.now() - begin < 6000) {
        const tree = treeFor(inst, CONSUMERS);
        const t = performance.now();
        renderToString(tree);
        long.push(performance.now() - t);
      }
      if (long.length === 1000) result.ssrDrift = q25(long.slice(-100)) / q25(long.slice(100, 200));
    }
    await inst.dispose?.();
  });
}

const run = { eval: evalCells, dom: renderCells, mem: memCells, ssr: ssrCells }[mode];
setTimeout(() => {
  result.errors.timeout = 'child timed out';
  finish();
}, opt.limitMs ?? 90000).unref();
try {
  await run();
} catch (e) {
  result.errors.fatal = String(e?.stack ?? e).slice(0, 300);
}
finish();
