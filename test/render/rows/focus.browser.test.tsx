// Row 41 of the behaviour table: where the keyboard focus goes.
import { useEffect, useState, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FeatureGate, useFallbackBoundary } from '../../../src/index.js';
import { Activity } from '../../../src/render/Activity.js';
import { mount, painted } from '../../harness/mount.js';
import { faces, gatingFaces, mountFace, testClient, type Face } from '../setup.js';
import { mountOnV1 } from './upgrading.js';

const boom = new Error('v2 broke');
const v1 = <p>v1</p>;

/** A v2 with an input, which fails when it is told to. */
function createV2(how: 'render' | 'effect' = 'render') {
  const told = { fail: () => {}, showFallback: (_error: unknown) => {} };
  const V2 = () => {
    const [isFailing, setIsFailing] = useState(false);
    told.fail = () => setIsFailing(true);
    told.showFallback = useFallbackBoundary().showFallback;
    if (isFailing && how === 'render') throw boom;
    useEffect(() => {
      if (isFailing) throw boom;
    }, [isFailing]);
    return (
      <fieldset>
        v2 <input aria-label="v2 text" />
      </fieldset>
    );
  };
  return { V2, told };
}

/** The page of these tests: a section around the gate, and a button beside that. */
const surround = (Gate: ReturnType<Face>) => () => (
  <main>
    <button>beside</button>
    <section>
      <Gate />
    </section>
  </main>
);

const find = (container: ParentNode, selector: string) =>
  vi.waitUntil(() => container.querySelector<HTMLElement>(selector));

function expectGivenBack(section: HTMLElement) {
  expect(document.activeElement).toBe(section);
  expect(section.getAttribute('tabindex')).toBe('-1');
  section.blur();
  expect(section.hasAttribute('tabindex')).toBe(false);
}

describe.each(faces)('%s', (name, makeFace) => {
  test.each(['render', 'effect'] as const)(
    '41: a v2 with the focus that fails in %s gives it to what is around',
    async (how) => {
      const { V2, told } = createV2(how);
      const { page, fallbacks } = mountFace(surround(makeFace({ v1, V2 })));
      const input = await find(page.container, '[aria-label="v2 text"]');
      input.focus();
      told.fail();
      await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
      expect(fallbacks[0]!.hadFocus).toBe(true);
      expectGivenBack(page.container.querySelector('section')!);
      expect(page.text()).toBe('besidev1');
    },
  );

  test('41: a v2 with the focus that is taken off by hand gives it to what is around', async () => {
    const { V2, told } = createV2();
    const { page, fallbacks } = mountFace(surround(makeFace({ v1, V2 })));
    (await find(page.container, '[aria-label="v2 text"]')).focus();
    told.showFallback(boom);
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();
    expectGivenBack(page.container.querySelector('section')!);
  });

  test('41: a box of its own is nearer than what is around the gate', async () => {
    const { V2, told } = createV2();
    const { page } = mountFace(surround(makeFace({ v1, V2, minHeight: 20 })));
    (await find(page.container, '[aria-label="v2 text"]')).focus();
    told.fail();
    await vi.waitFor(() => expect(page.text()).toBe('besidev1'));
    expectGivenBack(page.container.querySelector('[data-switchback="gate"]')!);
  });

  test('41: the focus elsewhere stays there', async () => {
    const { V2, told } = createV2();
    const { page, fallbacks } = mountFace(surround(makeFace({ v1, V2 })));
    await find(page.container, '[aria-label="v2 text"]');
    const button = page.container.querySelector('button')!;
    button.focus();
    told.fail();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(document.activeElement).toBe(button);
    expect(fallbacks[0]!.hadFocus).toBe(false);
    expect(page.container.querySelector('section')!.hasAttribute('tabindex')).toBe(false);
  });

  test('41: where nothing had the focus nothing gets it', async () => {
    const { V2, told } = createV2();
    const { page, fallbacks } = mountFace(surround(makeFace({ v1, V2 })));
    await find(page.container, '[aria-label="v2 text"]');
    told.fail();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(document.activeElement).toBe(document.body);
    expect(fallbacks[0]!.hadFocus).toBe(false);
  });

  test('41: a v1 that takes the focus itself has it', async () => {
    const { V2, told } = createV2();
    let isFallback = false;
    const V1 = () => (isFallback ? <input aria-label="v1 text" autoFocus /> : <p>v1</p>);
    const { page, fallbacks } = mountFace(surround(makeFace({ v1: <V1 />, V2 })));
    (await find(page.container, '[aria-label="v2 text"]')).focus();
    isFallback = true;
    told.fail();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(fallbacks[0]!.hadFocus).toBe(true);
    expect(document.activeElement).toBe(page.container.querySelector('[aria-label="v1 text"]'));
    expect(page.container.querySelector('section')!.hasAttribute('tabindex')).toBe(false);
  });

  test('41: it is so inside a shadow root', async () => {
    const host = document.body.appendChild(document.createElement('div'));
    onTestFinished(() => host.remove());
    const inside = host.attachShadow({ mode: 'open' }).appendChild(document.createElement('div'));
    const { V2, told } = createV2();
    const Page = surround(makeFace({ v1, V2 }));
    const { fallbacks } = mountFace(() => createPortal(<Page />, inside));
    (await find(inside, '[aria-label="v2 text"]')).focus();
    told.fail();
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(fallbacks[0]!.hadFocus).toBe(true);
    expect(document.activeElement).toBe(host);
    expect(host.shadowRoot!.activeElement).toBe(inside.querySelector('section'));
  });

  test('41: of nested gates the failed one keeps the focus inside the outer v2', async () => {
    const { V2, told } = createV2();
    const Inner = makeFace({ v1, V2 });
    const Page = () => (
      <FeatureGate feature="list" fallback="outer v1">
        <article>
          <Inner />
        </article>
      </FeatureGate>
    );
    const { page } = mountFace(Page);
    (await find(page.container, '[aria-label="v2 text"]')).focus();
    told.fail();
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    expectGivenBack(page.container.querySelector('article')!);
  });

  test('41: an upgrade of a v1 with the focus gives it to what is around', async () => {
    const { V2 } = createV2();
    const { page, input, upgrade } = await mountOnV1([name, makeFace], { V2, minHeight: 20 });
    input.focus();
    upgrade();
    await find(page.container, '[aria-label="v2 text"]');
    expectGivenBack(page.container.querySelector('[data-switchback="gate"]')!);
  });

  test('41: a v2 that takes the focus itself has it', async () => {
    const V2 = () => <input aria-label="v2 text" autoFocus />;
    const { page, input, upgrade } = await mountOnV1([name, makeFace], { V2, minHeight: 20 });
    input.focus();
    upgrade();
    const its = await find(page.container, '[aria-label="v2 text"]');
    expect(document.activeElement).toBe(its);
    expect(page.container.querySelector('[tabindex]')).toBe(null);
  });

  test.runIf(Activity)('41: a v1 with the focus that waits out of sight gives it away as well', async () => {
    const { V2 } = createV2();
    const options = { V2, minHeight: 20, keepV1: 'activity' } as const;
    const { page, input, upgrade } = await mountOnV1([name, makeFace], options);
    input.focus();
    upgrade();
    await find(page.container, '[aria-label="v2 text"]');
    await painted();
    expectGivenBack(page.container.querySelector('[data-switchback="gate"]')!);
  });
});

describe.each(gatingFaces)('%s', (_name, makeFace) => {
  test.each<[string, object, object]>([
    ['killed', { panel: {} }, { kills: ['panel'] }],
    ['turned off', { panel: { percentage: 0 } }, {}],
  ])('41: a v2 with the focus that is %s gives it to what is around', async (_how, rules, rest) => {
    const { V2 } = createV2();
    const { page, publish } = mountFace(surround(makeFace({ v1, V2 })));
    (await find(page.container, '[aria-label="v2 text"]')).focus();
    publish(rules as Parameters<typeof publish>[0], rest as Parameters<typeof publish>[1]);
    await vi.waitFor(() => expect(page.text()).toBe('besidev1'));
    expectGivenBack(page.container.querySelector('section')!);
  });
});

test('41: an element that can be focused anyway keeps its tabindex', async () => {
  const { V2, told } = createV2();
  const [, makeFace] = faces[0]!;
  const Gate = makeFace({ v1, V2 });
  const client = testClient();
  const around = (children: ReactNode) => <client.Provider>{children}</client.Provider>;
  const page = mount(
    around(
      <section tabIndex={0}>
        <Gate />
      </section>,
    ),
  );
  (await find(page.container, '[aria-label="v2 text"]')).focus();
  told.fail();
  await vi.waitFor(() => expect(page.text()).toBe('v1'));
  const section = page.container.querySelector('section')!;
  expect(document.activeElement).toBe(section);
  section.blur();
  expect(section.getAttribute('tabindex')).toBe('0');
});
