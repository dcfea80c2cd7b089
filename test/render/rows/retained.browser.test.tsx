// Row 42 of the behaviour table: what is left in memory after many failures.
import { StrictMode, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { createSwitchback, SwitchbackProvider, useFallbackBoundary } from '../../../src/index.js';
import { passed } from '../../harness/mount.js';
import { rulesSnapshot } from '../../harness/snapshot.js';
import { faces, features, isReact18, lazyFaces, type Face } from '../setup.js';

const cycles = 200;

/** Collects garbage for good; Chromium's own way, since pages have none. */
async function collectGarbage(): Promise<void> {
  // What was logged or reported during the test is held by that, not by us.
  vi.mocked(console.error).mockClear();
  const session = cdp() as unknown as { send(method: string): Promise<unknown> };
  for (let turn = 0; turn < 3; turn++) {
    await passed(10);
    await session.send('HeapProfiler.collectGarbage');
  }
}

/** What is thrown and what v2 held, each only weakly. */
function createHeap() {
  const refs: WeakRef<object>[] = [];
  const keep = <Kept extends object>(object: Kept): Kept => {
    refs.push(new WeakRef(object));
    return object;
  };
  return { keep, made: () => refs.length, retained: () => refs.filter((ref) => ref.deref() !== undefined).length };
}

/** A page that retains nothing of itself: no errors, no log, no observations. */
function mountForgetful(Gate: ReturnType<Face>) {
  const client = createSwitchback({
    features,
    initial: rulesSnapshot({ panel: {} }),
    storage: false,
    sinks: [],
    settleMs: 0,
    breaker: { incidentLimit: 1_000_000 },
  });
  const ignore = (event: Event) => event.preventDefault();
  window.addEventListener('error', ignore);
  vi.mocked(console.error).mockImplementation(() => {});
  const container = document.body.appendChild(document.createElement('div'));
  const root = createRoot(container, isReact18 ? {} : { onCaughtError: () => {} });
  flushSync(() =>
    root.render(
      <StrictMode>
        <SwitchbackProvider client={client}>
          <Gate />
        </SwitchbackProvider>
      </StrictMode>,
    ),
  );
  onTestFinished(() => {
    root.unmount();
    container.remove();
    window.removeEventListener('error', ignore);
  });
  return container;
}

/** A v1 by which a failed gate is reset. */
function createReset() {
  const told = { reset: () => {} };
  const V1 = (): ReactNode => {
    told.reset = useFallbackBoundary().reset;
    return <p>v1</p>;
  };
  return { V1, told };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test('42: two hundred failures and resets retain neither what was thrown nor what v2 held', async () => {
    const heap = createHeap();
    const { V1, told } = createReset();
    let fail = () => {};
    const V2 = () => {
      const [held] = useState(() => heap.keep({ rows: new Array<number>(1_000).fill(1) }));
      const [isFailing, setIsFailing] = useState(false);
      fail = () => setIsFailing(true);
      if (isFailing) throw heap.keep(new Error('v2 broke', { cause: held }));
      return <p>v2</p>;
    };
    const container = mountForgetful(makeFace({ v1: <V1 />, V2 }));
    const shows = (text: string) => vi.waitFor(() => expect(container.textContent).toBe(text), { interval: 1 });
    await shows('v2');
    for (let cycle = 0; cycle < cycles; cycle++) {
      fail();
      await shows('v1');
      // A failure is told of after the paint, and a reset before that would be ignored.
      await passed(0);
      told.reset();
      await shows('v2');
    }
    await collectGarbage();
    expect(heap.made()).toBeGreaterThanOrEqual(2 * cycles);
    // The v2 on the screen, twice under StrictMode, and the one before it, which React keeps for the next render.
    expect(heap.retained()).toBeLessThanOrEqual(6);
  });
});

describe.each(lazyFaces)('%s', (_face, makeFace) => {
  test('42: two hundred loads that fail retain no error but the last', async () => {
    const heap = createHeap();
    const { V1, told } = createReset();
    let imports = 0;
    const loader = async () => {
      imports++;
      throw heap.keep(new Error('404'));
    };
    mountForgetful(makeFace({ v1: <V1 />, loader, retries: 0 }));
    for (let cycle = 1; cycle <= cycles; cycle++) {
      await vi.waitFor(() => expect(imports).toBe(cycle), { interval: 1 });
      await passed(0);
      if (cycle < cycles) told.reset();
    }
    await collectGarbage();
    expect(heap.made()).toBe(cycles);
    expect(heap.retained()).toBeLessThanOrEqual(2);
  });
});
