// Rows of the behaviour table, by number: failures of handlers and promises, which no boundary sees.
import { useEffect, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FeatureGate, useFeatureReporter, type FeatureReporter } from '../../../src/index.js';
import { mount, painted, passed, type Mounted } from '../../harness/mount.js';
import type { RecordingSink } from '../../harness/recordingSink.js';
import { createV1, faces, mountFace, testClient } from '../setup.js';

const boom = new Error('a handler broke');
const fail = (): never => {
  throw boom;
};
const reject = async (): Promise<never> => {
  await passed(10);
  throw boom;
};
/** A promise that rejects when it is told to. */
function rejectsLater() {
  let rejectNow = () => {};
  const promise = new Promise<never>((_resolve, rejectWith) => (rejectNow = () => rejectWith(boom)));
  return { run: () => promise, rejectNow: () => rejectNow() };
}

/** A component of one button, which does what it gets from the reporter of the feature. */
const button = (text: string, handler: (reporter: FeatureReporter) => (() => unknown) | undefined) =>
  function Button(): ReactNode {
    const reporter = useFeatureReporter('panel');
    return <button onClick={handler(reporter) as (() => void) | undefined}>{text}</button>;
  };

const click = (page: Mounted) => page.container.querySelector('button')!.click();
const shows = (page: Mounted, text: string) => vi.waitFor(() => expect(page.text()).toBe(text));

/** Every rejection that reaches the window, also the same one twice. */
function watchRejections(): unknown[] {
  const rejections: unknown[] = [];
  const listener = ({ reason }: PromiseRejectionEvent) => void rejections.push(reason);
  window.addEventListener('unhandledrejection', listener);
  onTestFinished(() => window.removeEventListener('unhandledrejection', listener));
  return rejections;
}

const measured = (sink: RecordingSink) => sink.observations.filter((seen) => seen.kind === 'measure');

describe.each(faces)('%s', (_face, makeFace) => {
  test('12: a handler that throws is the window’s alone, and v2 stays', async () => {
    const V2 = button('v2', () => fail);
    const { page, sink, fallbacks, settle } = mountFace(makeFace({ v1: 'v1', V2 }), { takesWindowErrors: true });
    await shows(page, 'v2');
    click(page);
    await settle();
    await painted();

    expect(page.windowErrors).toEqual([boom]);
    expect(page.text()).toBe('v2');
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ settled: 1, failed: { event: 0, render: 0 } });
  });

  test('12: a wrapped handler that throws counts one event failure, v2 stays, the window hears of it', async () => {
    const V2 = button('v2', ({ wrap }) => wrap(fail));
    const { page, sink, fallbacks, settle } = mountFace(makeFace({ v1: 'v1', V2 }), { takesWindowErrors: true });
    await shows(page, 'v2');
    click(page);
    await settle();
    await painted();

    expect(page.windowErrors).toEqual([boom]);
    expect(page.text()).toBe('v2');
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, settled: 1, failed: { event: 1, render: 0, reported: 0 } });
  });

  test('12: asked for it, a wrapped handler that throws brings v1 at once', async () => {
    const V2 = button('v2', ({ wrap }) => wrap(fail, { fallback: true }));
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const { page, sink, fallbacks, settle } = mountFace(Face, { takesWindowErrors: true });
    await shows(page, 'v2');
    click(page);
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames).not.toContain('');
    expect(page.windowErrors).toEqual([boom]);
    expect(fallbacks).toMatchObject([{ feature: 'panel', phase: 'event', error: boom }]);
    expect(sink.counts('v2').failed).toMatchObject({ event: 1, render: 0 });
    await settle();
    expect(sink.counts('v2').settled).toBe(0);
  });

  test('12: inside v1 a wrapped handler counts for v1, and nothing falls back', async () => {
    const V1 = button('v1', ({ wrap }) => wrap(fail, { fallback: true }));
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <V1 />, V2: fail }), { takesWindowErrors: true });
    await shows(page, 'v1');
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    click(page);
    await painted();

    expect(page.text()).toBe('v1');
    expect(fallbacks).toHaveLength(1);
    expect(sink.counts('v1').failed.event).toBe(1);
    expect(sink.counts('v2').failed).toMatchObject({ event: 0, render: 1 });
  });

  test('12: gates of other features around the component are looked through', async () => {
    const Inner = button('inner', ({ wrap }) => wrap(fail, { fallback: true }));
    const V2 = () => (
      <FeatureGate feature="list" fallback="inner v1">
        <Inner />
      </FeatureGate>
    );
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: 'v1', V2 }), { takesWindowErrors: true });
    await shows(page, 'inner');
    click(page);
    await painted();

    expect(page.text()).toBe('v1');
    expect(fallbacks).toMatchObject([{ feature: 'panel', phase: 'event' }]);
    const failures = sink.observations.filter(({ kind }) => kind === 'failure');
    expect(failures.map(({ feature, version }) => `${feature} ${version}`)).toEqual(['panel v2']);
  });

  test('12: a report counts as reported, and brings v1 only where it asks for it', async () => {
    let reporter!: FeatureReporter;
    const V2 = button('v2', (given) => void (reporter = given));
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: 'v1', V2 }));
    await shows(page, 'v2');
    reporter.reportFailure(boom);
    await painted();
    expect(page.text()).toBe('v2');
    expect(sink.counts('v2').failed.reported).toBe(1);
    expect(fallbacks).toEqual([]);

    const first = reporter;
    flushSync(() => reporter.reportFailure(null, { fallback: true }));
    expect(page.text()).toBe('v1');
    await painted();
    expect(fallbacks).toMatchObject([{ phase: 'reported', error: null }]);
    expect(sink.counts('v2').failed.reported).toBe(2);
    first.reportFailure(boom, { fallback: true });
    await painted();
    expect(sink.counts('v2').failed.reported).toBe(2);
  });

  test('12: the reporter is the same for every render', async () => {
    const seen = new Set<FeatureReporter>();
    let render = () => {};
    const V2 = () => {
      const [, setCount] = useState(0);
      render = () => setCount((count) => count + 1);
      const reporter = useFeatureReporter('panel');
      useEffect(() => void seen.add(reporter));
      return <p>v2</p>;
    };
    const { page } = mountFace(makeFace({ v1: 'v1', V2 }), { strict: false });
    await shows(page, 'v2');
    for (let times = 0; times < 3; times++) {
      render();
      await painted();
    }
    expect(seen.size).toBe(1);
  });

  test('12: a measure lands beside the version’s other numbers; bad names and values are left out, and told of', async () => {
    let reporter!: FeatureReporter;
    const V2 = button('v2', (given) => void (reporter = given));
    const { page, sink, faults } = mountFace(makeFace({ v1: 'v1', V2 }));
    await shows(page, 'v2');
    reporter.measure('searchMs', 12);
    reporter.measure('hits', 3, { kind: 'counter', unit: '{hit}' });
    for (const value of [Number.NaN, -1, Infinity]) reporter.measure('searchMs', value);
    reporter.measure('__proto__', 1);
    expect(await reporter.time('saveMs', Promise.resolve('saved'))).toBe('saved');
    await expect(reporter.time('saveMs', reject)).rejects.toBe(boom);
    await vi.waitFor(() => expect(measured(sink)).toHaveLength(4));

    expect(measured(sink)).toMatchObject([
      { feature: 'panel', version: 'v2', arm: 'v2', name: 'searchMs', measure: 'histogram', unit: 'ms', value: 12 },
      { feature: 'panel', version: 'v2', arm: 'v2', name: 'hits', measure: 'counter', unit: '{hit}', value: 3 },
      { name: 'saveMs', unit: 'ms' },
      { name: 'saveMs', unit: 'ms' },
    ]);
    expect(faults).toHaveLength(4);
    expect(sink.counts('v2').failed).toMatchObject({ event: 0, reported: 0 });
  });

  test('13: fetch gives what the network gives, and counts for the version that asked', async () => {
    let reporter!: FeatureReporter;
    const V2 = button('v2', (given) => void (reporter = given));
    const { page, sink } = mountFace(makeFace({ v1: 'v1', V2 }));
    await shows(page, 'v2');
    const response = await reporter.fetch(new Request('data:text/plain,hello'));
    expect([response instanceof Response, response.status, await response.text()]).toEqual([true, 200, 'hello']);
    const abort = new AbortController();
    const givenUp = reporter.fetch('data:text/plain,never', { signal: abort.signal });
    abort.abort(boom);
    await expect(givenUp).rejects.toBe(boom);
    await expect(reporter.fetch('http://localhost:1/nobody')).rejects.toThrow(TypeError);
    const requests = () => sink.observations.filter((seen) => 'name' in seen && seen.name.startsWith('fetch'));
    await vi.waitFor(() => expect(requests()).toHaveLength(3));
    expect(requests()).toMatchObject([
      { version: 'v2', arm: 'v2', kind: 'timing', name: 'fetchMs' },
      { version: 'v2', arm: 'v2', kind: 'sum', name: 'fetchErrors', value: 0 },
      { version: 'v2', arm: 'v2', kind: 'sum', name: 'fetchErrors', value: 1 },
    ]);
  });

  test('13: a wrapped promise that rejects counts once and goes on to the window once', async () => {
    const rejections = watchRejections();
    const V2 = button('v2', ({ wrap }) => wrap(reject));
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: 'v1', V2 }), { takesWindowErrors: true });
    await shows(page, 'v2');
    click(page);
    await vi.waitFor(() => expect(rejections).not.toEqual([]));
    await painted();

    expect(rejections).toEqual([boom]);
    expect(page.text()).toBe('v2');
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2').failed).toMatchObject({ event: 1, render: 0 });
  });

  test('13: whoever awaits a wrapped promise gets what it gives: the value, or the very rejection', async () => {
    const rejections = watchRejections();
    let reporter!: FeatureReporter;
    const V2 = button('v2', (given) => void (reporter = given));
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2 }));
    await shows(page, 'v2');

    await expect(reporter.wrap(async (a: number, b: number) => a + b)(1, 2)).resolves.toBe(3);
    await expect(reporter.wrap(reject, { fallback: true })()).rejects.toBe(boom);
    await painted();
    expect(page.text()).toBe('v1');
    expect(page.frames).not.toContain('');
    expect(fallbacks).toMatchObject([{ phase: 'event', error: boom }]);
    expect(sink.counts('v2').failed.event).toBe(1);
    expect(rejections).toEqual([]);
  });

  test('13: after the component has gone nothing is counted, and the rejection goes on', async () => {
    const rejections = watchRejections();
    const { V1 } = createV1();
    const { run, rejectNow } = rejectsLater();
    const Inner = button('inner', ({ wrap }) => wrap(run, { fallback: true }));
    let leave = () => {};
    const V2 = () => {
      const [isThere, setIsThere] = useState(true);
      leave = () => setIsThere(false);
      return isThere ? <Inner /> : <p>v2</p>;
    };
    const { page, sink, settle } = mountFace(makeFace({ v1: <V1 />, V2 }), { takesWindowErrors: true });
    await shows(page, 'inner');
    click(page);
    leave();
    await shows(page, 'v2');
    await painted();
    rejectNow();
    await vi.waitFor(() => expect(rejections).not.toEqual([]));
    await settle();

    expect(rejections).toEqual([boom]);
    expect(page.text()).toBe('v2');
    expect(sink.counts('v2')).toMatchObject({ settled: 1, failed: { event: 0 } });
  });

  test('13: what somebody kept of the reporter counts nothing after the component has gone', async () => {
    let reporter!: FeatureReporter;
    const Inner = button('inner', (given) => void (reporter = given));
    let leave = () => {};
    const V2 = () => {
      const [isThere, setIsThere] = useState(true);
      leave = () => setIsThere(false);
      return isThere ? <Inner /> : <p>v2</p>;
    };
    const { page, sink } = mountFace(makeFace({ v1: 'v1', V2 }));
    await shows(page, 'inner');
    leave();
    await shows(page, 'v2');
    reporter.reportFailure(boom, { fallback: true });
    expect(reporter.wrap(fail, { fallback: true })).toThrow(boom);
    reporter.measure('searchMs', 12);
    // What is measured waits for this code.
    await import('../../../src/client/meter.js');
    await painted();

    expect(page.text()).toBe('v2');
    expect(sink.counts('v2').failed).toMatchObject({ event: 0, reported: 0 });
    expect(measured(sink)).toEqual([]);
  });

  test.each([true, false])('13: an effect’s promise that rejects counts once with StrictMode %s', async (strict) => {
    const V2 = () => {
      const { wrap } = useFeatureReporter('panel');
      useEffect(() => void wrap(reject)().catch(() => {}), [wrap]);
      return <p>v2</p>;
    };
    const { page, sink, settle } = mountFace(makeFace({ v1: 'v1', V2 }), { strict });
    await shows(page, 'v2');
    await settle();
    await vi.waitFor(() => expect(sink.counts('v2').failed.event).toBe(1));
    // What was begun twice has ended twice by then.
    await painted();
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1, failed: { event: 1 } });
  });
});

test('12: outside of every gate a report belongs to the version that is decided', async () => {
  const Anywhere = button('anywhere', ({ wrap }) => wrap(fail, { fallback: true }));
  const { Provider, sink, publish } = testClient();
  const page = mount(
    <Provider>
      <Anywhere />
    </Provider>,
    { takesWindowErrors: true },
  );
  click(page);
  await passed(0);
  expect(sink.counts('v2').failed.event).toBe(1);
  publish({ panel: { percentage: 0 } });
  click(page);
  await passed(0);
  expect(sink.counts('v1').failed.event).toBe(1);
  expect(sink.counts('v2').failed.event).toBe(1);
});
