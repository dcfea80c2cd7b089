// Rows of the behaviour table, by number: gates inside gates, portals, and very many gates.
import { startTransition, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import { FeatureGate, useFeature, VersionSwitcher } from '../../../src/index.js';
import { mount, painted } from '../../harness/mount.js';
import { faces, gatingFaces, mountFace, testClient, type Face } from '../setup.js';

const boom = new Error('v2 broke');

/** A v2 that fails when it is told to, wherever it puts its content. */
function failsLater(place: (content: ReactNode) => ReactNode = (content) => content) {
  const told = { fail: () => {} };
  const Content = () => {
    const [isFailing, setIsFailing] = useState(false);
    told.fail = () => setIsFailing(true);
    if (isFailing) throw boom;
    return <p data-content>v2</p>;
  };
  return { V2: () => <>{place(<Content />)}</>, told };
}

const inBody = (content: ReactNode) => createPortal(content, document.body);
const contents = () => document.querySelectorAll('[data-content]').length;

/** Another feature's gate, with something to lose, around what is tested. */
const surround = (inner: ReactNode) => () => (
  <FeatureGate feature="list" fallback="outer v1">
    <input aria-label="outer" />
    {inner}
  </FeatureGate>
);

describe.each(faces)('%s', (_face, makeFace) => {
  test.each<[string, ((content: ReactNode) => ReactNode) | undefined]>([
    ['', undefined],
    [' in a portal', inBody],
  ])(
    '28: a nested gate whose v2 fails%s shows its own v1; the outer v2 keeps state and counts',
    async (_how, place) => {
      const { V2, told } = failsLater(place);
      const Face = makeFace({ v1: <p>v1</p>, V2 });
      const { page, sink, fallbacks, settle } = mountFace(surround(<Face />));
      await vi.waitFor(() => expect(contents()).toBe(1));
      const input = page.container.querySelector('input')!;
      await userEvent.fill(input, 'typed');
      told.fail();
      await vi.waitFor(() => expect(page.text()).toBe('v1'));
      await settle();
      await painted();

      expect(contents()).toBe(0);
      expect(input.isConnected).toBe(true);
      expect(input.value).toBe('typed');
      expect(document.activeElement).toBe(input);
      expect(fallbacks.map(({ feature }) => feature)).toEqual(['panel']);
      const ofList = sink.observations.filter(({ feature }) => feature === 'list').map(({ kind }) => kind);
      expect(ofList.filter((kind) => kind !== 'timing' && kind !== 'sum')).toEqual(['attempt', 'exposure', 'settled']);
      expect(sink.counts('v1')).toMatchObject({ attempts: 1, exposures: 1 });
    },
  );

  test('28: what v2 put into a portal goes with it', async () => {
    const { V2, told } = failsLater((content) => (
      <>
        inside
        {inBody(content)}
      </>
    ));
    const { page, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2 }));
    await vi.waitFor(() => expect(contents()).toBe(1));
    told.fail();
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    expect(contents()).toBe(0);
    await vi.waitFor(() => expect(fallbacks).toMatchObject([{ feature: 'panel', error: boom }]));
  });

  test('28: of two gates of one feature the inner one catches, and the outer v2 stays', async () => {
    const { V2, told } = failsLater();
    const Inner = makeFace({ v1: <p>inner v1</p>, V2 });
    const Outer = makeFace({
      v1: <p>outer v1</p>,
      V2: () => (
        <div>
          outer v2, <Inner />
        </div>
      ),
    });
    const { page, fallbacks } = mountFace(Outer);
    await vi.waitFor(() => expect(page.text()).toBe('outer v2, v2'));
    told.fail();
    await vi.waitFor(() => expect(page.text()).toBe('outer v2, inner v1'));
    await painted();
    expect(fallbacks).toHaveLength(1);
  });

  test('28: an inner v1 that throws in its turn is the outer v2’s failure', async () => {
    const { V2, told } = failsLater();
    let isBroken = false;
    const V1 = () => {
      if (isBroken) throw new Error('inner v1 broke');
      return null;
    };
    const Inner = makeFace({ v1: <V1 />, V2 });
    const { page, fallbacks } = mountFace(surround(<Inner />));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    isBroken = true;
    told.fail();
    await vi.waitFor(() => expect(page.text()).toBe('outer v1'));
    await painted();
    const ofList = fallbacks.filter(({ feature }) => feature === 'list');
    expect(ofList).toMatchObject([{ error: { message: 'inner v1 broke' } }]);
  });
});

const many = Array.from({ length: 1_000 }, (_, at) => at);

/** A thousand gates on one page, one of which fails, among gates of another feature; and how often each version was rendered. */
function mountMany(makeFace: Face, { failsOnMount = false } = {}) {
  const renders = { v1: 0, v2: 0, failing: 0, other: 0 };
  let show = () => {};
  let fail = () => {};
  const counted = (which: keyof typeof renders, text: ReactNode) => () => {
    renders[which]++;
    return text;
  };
  const V1 = counted('v1', <b>1</b>);
  const Failing = () => {
    renders.failing++;
    const [isFailing, setIsFailing] = useState(failsOnMount);
    fail = () => setIsFailing(true);
    if (isFailing) throw boom;
    return <i>2</i>;
  };
  const Working = makeFace({ v1: <V1 />, V2: counted('v2', <i>2</i>) });
  const Broken = makeFace({ v1: <V1 />, V2: Failing });
  const Other = makeFace({ feature: 'list', v1: 'v1', V2: counted('other', <u>o</u>) });
  const Gates = () => {
    const [isShown, setIsShown] = useState(!failsOnMount);
    show = () => startTransition(() => setIsShown(true));
    return isShown ? <>{many.map((at) => (at === 500 ? <Broken key={at} /> : <Working key={at} />))}</> : null;
  };
  const Page = () => (
    <>
      {many.slice(0, 10).map((at) => (
        <Other key={at} />
      ))}
      <Gates />
    </>
  );
  const { page, ...client } = mountFace(Page, { strict: false });
  const count = (selector: string) => page.container.querySelectorAll(selector).length;
  const reset = () => void Object.assign(renders, { v1: 0, v2: 0, failing: 0, other: 0 });
  return { ...client, page, renders, reset, count, show: () => show(), fail: () => fail() };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test('29: one gate of a thousand fails on an update: no other is rendered', async () => {
    const { count, fail, renders, reset, fallbacks, settle } = mountMany(makeFace);
    await vi.waitFor(() => expect(count('i')).toBe(many.length), 30_000);
    await painted();
    await settle();
    reset();
    fail();
    await vi.waitFor(() => expect(count('b')).toBe(1));
    await settle();
    await painted();

    expect(count('i')).toBe(many.length - 1);
    expect(renders).toMatchObject({ v1: 1, v2: 0, other: 0 });
    expect(fallbacks).toHaveLength(1);
  });

  test('29: one of a thousand fails as they mount in one transition: that feature’s gates again, and no other', async () => {
    const { count, show, renders, reset, fallbacks, settle } = mountMany(makeFace, { failsOnMount: true });
    await vi.waitFor(() => expect(count('u')).toBe(10));
    await painted();
    await settle();
    reset();
    show();
    await vi.waitFor(() => expect(fallbacks.length).toBe(1), 30_000);
    await vi.waitFor(() => expect(count('i')).toBe(many.length - 1), 30_000);
    await settle();
    await painted();

    expect(count('b')).toBe(1);
    expect(renders.v2).toBeLessThanOrEqual(2 * many.length);
    expect(renders.other).toBe(0);
    expect(fallbacks).toHaveLength(1);
  });
});

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  test('29: a change of a feature renders each of its thousand gates once, and no other', async () => {
    const { count, publish, renders, reset, settle } = mountMany(makeFace);
    await vi.waitFor(() => expect(count('i')).toBe(many.length), 30_000);
    await painted();
    await settle();
    reset();
    publish({ panel: { percentage: 0 }, list: {} });
    await vi.waitFor(() => expect(count('b')).toBe(many.length), 30_000);
    await settle();
    await painted();
    expect(renders).toEqual({ v1: many.length, v2: 0, failing: 0, other: 0 });
  });
});

test('29: a change of a feature renders each of its consumers once, and those of another not at all', async () => {
  const renders = { panel: 0, list: 0, gate: 0, switcher: 0 };
  const Consumer = ({ feature }: { feature: 'panel' | 'list' }) => {
    const isEnabled = useFeature(feature);
    renders[feature]++;
    return <i>{String(isEnabled)}</i>;
  };
  const counted = (where: 'gate' | 'switcher') => () => {
    renders[where]++;
    return null;
  };
  const client = testClient({ panel: { percentage: 0 }, list: {} });
  const page = mount(
    <client.Provider>
      {many.map((at) => (
        <Consumer key={at} feature={at % 2 === 0 ? 'panel' : 'list'} />
      ))}
      <FeatureGate feature="list" fallback="v1">
        {counted('gate')}
      </FeatureGate>
      <VersionSwitcher feature="list" v1="v1" v2={counted('switcher')} />
    </client.Provider>,
    { strict: false },
  );
  Object.assign(renders, { panel: 0, list: 0, gate: 0, switcher: 0 });
  client.publish({ panel: {}, list: {} });
  await vi.waitFor(() => expect(page.text()).not.toContain('false'));
  await painted();
  expect(renders).toEqual({ panel: many.length / 2, list: 0, gate: 0, switcher: 0 });
});
