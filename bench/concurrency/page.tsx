// Fifty components that each take 20 ms to render, and one more: do they ever show different counts?
// The page of checks.mjs. ?adapter=versions|config|context|effect &nodes=50 &blockMs=20 &total=mounted|late
import { memo, useState, useTransition } from 'react';
import { createRoot } from 'react-dom/client';
import type { Adapter } from './adapter.js';
import { contextAdapter, effectAdapter } from './controls.js';
import { configAdapter, versionsAdapter } from './gates.js';

declare global {
  interface Window {
    /** What was seen of the page since it was opened. */
    concurrencyBench: {
      /** The counts of every commit that showed different ones. */
      readonly torn: number[][];
      /** The count that has to be shown in the end, and how many different ones there are. */
      said(): number;
      readonly modulus: number;
    };
  }
}

const query = new URLSearchParams(location.search);
const adapters: Readonly<Record<string, () => Adapter>> = {
  versions: versionsAdapter,
  config: configAdapter,
  context: contextAdapter,
  effect: effectAdapter,
};
const { Root, Count, DeferredCount, useActions, modulus } = adapters[query.get('adapter') ?? 'versions']!();
const nodes = Array.from({ length: Number(query.get('nodes') ?? 50) }, (_, index) => index);
const blockMs = Number(query.get('blockMs') ?? 20);
const isTotalLate = query.get('total') === 'late';

function block(): void {
  const startedMs = performance.now();
  while (performance.now() - startedMs < blockMs);
}

const Node = memo(({ count }: { readonly count: number }) => {
  block();
  return <i className="count">{count}</i>;
});
const Total = ({ count }: { readonly count: number }) => <b className="count">{count}</b>;

// What was asked for, whatever the adapter makes of it.
let said = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function App() {
  const [isPending, startTransition] = useTransition();
  const [mode, setMode] = useState<'none' | 'counters' | 'deferred'>('none');
  const actions = useActions();
  const increment = () => {
    said++;
    actions.increment();
  };
  const double = () => {
    said *= 2;
    actions.double();
  };
  const buttons = {
    show: () => startTransition(() => setMode('counters')),
    'show-deferred': () => startTransition(() => setMode('deferred')),
    increment,
    double,
    'increment-in-transition': () => startTransition(increment),
    start: () => {
      clearInterval(timer);
      timer = setInterval(increment, 50);
    },
    stop: () => clearInterval(timer),
  };
  const Shown = mode === 'deferred' ? DeferredCount : Count;
  return (
    <>
      {Object.entries(buttons).map(([id, onClick]) => (
        <button key={id} id={id} onClick={onClick}>
          {id}
        </button>
      ))}
      <output id="pending">{isPending ? 'pending' : ''}</output>
      <p id="counts">
        {mode === 'none' ? null : nodes.map((node) => <Shown key={`${mode}-${node}`} as={Node} />)}
        {mode === 'none' && isTotalLate ? null : <Shown key={mode === 'deferred' ? 'deferred' : 'total'} as={Total} />}
      </p>
    </>
  );
}

const container = document.querySelector('#app')!;
const torn: number[][] = [];
window.concurrencyBench = { torn, said: () => said, modulus };
// It hears of every commit, and of nothing that was taken back before the commit ended.
new MutationObserver(() => {
  const counts = Array.from(document.querySelectorAll('.count'), ({ textContent }) => Number(textContent));
  if (new Set(counts).size > 1) torn.push(counts);
}).observe(container, { childList: true, subtree: true, characterData: true });

createRoot(container).render(
  <Root>
    <App />
  </Root>,
);
