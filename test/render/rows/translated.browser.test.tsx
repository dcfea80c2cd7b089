// Rows of the behaviour table, by number: what translators and extensions do to v2's elements.
import { useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import type { FallbackEvent } from '../../../src/index.js';
import { mount, painted } from '../../harness/mount.js';
import { faces, mountFace, Outer, testClient } from '../setup.js';

/** As browsers translate: each text becomes a `<font>` of its own, which React knows nothing of. */
function translate(container: Element): void {
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const font = document.createElement('font');
    text.replaceWith(font);
    font.append(text);
  }
}

/** What React calls to update a v2 whose first text goes, or comes late. */
const updates = [
  ['removeChild', false],
  ['insertBefore', true],
] as const;

function createVersions(isLate: boolean) {
  const control = { update: () => {}, clicks: 0, typed: '' };
  const V2 = () => {
    const [isUpdated, setIsUpdated] = useState(false);
    control.update = () => setIsUpdated(true);
    return (
      <p>
        {isUpdated === isLate ? 'changing ' : null}
        v2
      </p>
    );
  };
  const V1 = () => {
    const [clicks, setClicks] = useState(0);
    return <button onClick={() => setClicks(clicks + 1)}>v1: {clicks}</button>;
  };
  return { control, V1, V2 };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test.each(updates)(
    '31: a translated v2 at which React’s %s throws brings a v1 that works, of class dom-mutation, no incident',
    async (method, isLate) => {
      const { control, V1, V2 } = createVersions(isLate);
      const client = testClient(undefined, { breaker: { incidentLimit: 1 } });
      const errors: FallbackEvent[] = [];
      const Face = makeFace({ v1: <V1 />, V2, onError: (event) => void errors.push(event) });
      const { page } = mountFace(Face, { client });
      await vi.waitFor(() => expect(page.text()).toContain('v2'));
      await client.settle();
      await painted();
      translate(page.container);
      expect(page.container.querySelectorAll('font').length).toBe(isLate ? 1 : 2);

      control.update();
      await vi.waitFor(() => expect(client.fallbacks).toHaveLength(1));
      await painted();

      expect(page.text()).toBe('v1: 0');
      expect(page.container.querySelector('font')).toBeNull();
      expect(page.frames).not.toContain('');
      expect(page.uncaught).toEqual([]);
      const button = page.container.querySelector('button')!;
      expect(button.getBoundingClientRect().width).toBeGreaterThan(0);
      button.click();
      await vi.waitFor(() => expect(page.text()).toBe('v1: 1'));

      expect(errors).toHaveLength(1);
      expect(errors[0]!.error).toMatchObject({ name: 'NotFoundError', message: expect.stringContaining(method) });
      const failures = client.sink.observations.filter(({ kind }) => kind === 'failure');
      expect(failures).toMatchObject([{ version: 'v2', failure: { name: 'NotFoundError', class: 'dom-mutation' } }]);
      expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
    },
  );

  test('31: a v2 of nothing but a text, translated, still gives way to a v1 that works', async () => {
    let fail = () => {};
    const V2 = () => {
      const [isFailing, setIsFailing] = useState(false);
      fail = () => setIsFailing(true);
      if (isFailing) throw new Error('v2 broke');
      return 'v2';
    };
    const { V1 } = createVersions(false);
    const reached: unknown[] = [];
    const client = testClient(undefined, { breaker: { incidentLimit: 2 } });
    const errors: FallbackEvent[] = [];
    const Face = makeFace({ v1: <V1 />, V2, onError: (event) => void errors.push(event) });
    const ui: ReactNode = (
      <Outer onError={(error) => void reached.push(error)}>
        <client.Provider>
          <Face />
        </client.Provider>
      </Outer>
    );
    const page = mount(ui);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    // Before the effects of its mount have run, one of them would be to blame.
    await painted();
    translate(page.container);
    fail();
    await vi.waitFor(() => expect(page.container.querySelector('button')).not.toBeNull());
    await painted();

    page.container.querySelector('button')!.click();
    await vi.waitFor(() => expect(page.text()).toContain('v1: 1'));
    expect(reached).toEqual([]);
    // React cannot take away what is not where it put it: the translated text stays beside v1.
    expect(page.text()).toBe('v2v1: 1');
    expect(new Set(errors.map(({ phase }) => phase))).toEqual(new Set(['render', 'cleanup']));
    expect(client.sink.counts('v2').failed.render).toBe(1);
    expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
  });
});
