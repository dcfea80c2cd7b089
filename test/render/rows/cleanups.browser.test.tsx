// Rows of the behaviour table, by number: what v2 throws on its way out.
import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { useFallbackBoundary, type FallbackEvent } from '../../../src/index.js';
import { mount, painted } from '../../harness/mount.js';
import { createV1, faces, mountFace, Outer, testClient, type TestClient } from '../setup.js';

const boom = new Error('v2 broke');
const left = new Error('the cleanup broke');

const effects = [
  ['effect', useEffect],
  ['layout effect', useLayoutEffect],
] as const;

/** Leaves when it is told to, and throws once more while leaving. */
function createV2(useSome: typeof useEffect) {
  const control = { leave: () => {}, fail: () => {} };
  const V2 = () => {
    const [isFailing, setIsFailing] = useState(false);
    const { showFallback } = useFallbackBoundary();
    control.leave = () => showFallback(boom);
    control.fail = () => setIsFailing(true);
    useSome(
      () => () => {
        throw left;
      },
      [],
    );
    if (isFailing) throw boom;
    return <p>v2</p>;
  };
  return { V2, control };
}

const failuresOf = ({ sink }: TestClient) => sink.observations.filter((seen) => seen.kind === 'failure');

/** On the screen and settled, with everything that is told of it. */
async function settledV2(makeFace: (typeof faces)[number][1], useSome: typeof useEffect) {
  const { V1, seen } = createV1();
  const { V2, control } = createV2(useSome);
  const errors: FallbackEvent[] = [];
  const onFallback = vi.fn();
  const Face = makeFace({ v1: <V1 />, V2, onFallback, onError: (event) => void errors.push(event) });
  // The failure itself is one incident; a second one would open the breaker.
  const client = testClient(undefined, { breaker: { incidentLimit: 2 } });
  const { page } = mountFace(Face, { client, strict: false });
  await vi.waitFor(() => expect(page.text()).toBe('v2'));
  await client.settle();
  // v1 may have filled the time until v2's code was there.
  const before = { ...seen };
  return { client, page, control, errors, onFallback, seen, before };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test.each(effects)(
    '8: a cleanup of an %s that throws as v2 is taken off leaves v1 mounted once',
    async (_, useSome) => {
      const { client, page, control, errors, onFallback, seen, before } = await settledV2(makeFace, useSome);
      control.leave();
      await vi.waitFor(() => expect(errors).toHaveLength(2));
      await painted();

      expect(page.text()).toBe('v1');
      expect(page.frames).not.toContain('');
      expect(seen).toEqual({ mounts: before.mounts + 1, cleanups: before.cleanups });
      expect(page.uncaught).toEqual([]);
      expect(errors.find(({ phase }) => phase === 'cleanup')).toMatchObject({ feature: 'panel', error: left });
      expect(errors.find(({ phase }) => phase === 'reported')).toMatchObject({ feature: 'panel', error: boom });
      expect(onFallback).toHaveBeenCalledTimes(1);
      expect(client.fallbacks).toMatchObject([{ phase: 'reported' }]);
      expect(failuresOf(client)).toMatchObject([
        { version: 'v2', failure: { phase: 'reported', message: boom.message } },
      ]);
      expect(failuresOf(client)[0]!.failure).not.toHaveProperty('suppressed');
      expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
    },
  );

  test.each(effects)(
    '9: an update that throws, then a cleanup of an %s: one failure, one note of the cleanup, v1 mounted once',
    async (_, useSome) => {
      const { client, page, control, errors, onFallback, seen, before } = await settledV2(makeFace, useSome);
      control.fail();
      await vi.waitFor(() => expect(errors).toHaveLength(2));
      await painted();

      expect(page.text()).toBe('v1');
      expect(page.frames).not.toContain('');
      expect(seen).toEqual({ mounts: before.mounts + 1, cleanups: before.cleanups });
      expect(page.uncaught).toEqual([]);
      expect(errors.find(({ phase }) => phase === 'cleanup')).toMatchObject({ feature: 'panel', error: left });
      expect(errors.find(({ phase }) => phase === 'render')).toMatchObject({ feature: 'panel', error: boom });
      expect(onFallback).toHaveBeenCalledTimes(1);
      expect(client.fallbacks).toMatchObject([{ phase: 'render', error: boom }]);
      expect(failuresOf(client)).toMatchObject([
        { version: 'v2', failure: { phase: 'render', message: boom.message } },
      ]);
      expect(failuresOf(client)[0]!.failure).not.toHaveProperty('suppressed');
      expect(client.client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
    },
  );

  test('9: v1 goes on working after it', async () => {
    const { page, control, errors, seen, before } = await settledV2(makeFace, useEffect);
    control.fail();
    await vi.waitFor(() => expect(errors).toHaveLength(2));
    const input = page.container.querySelector('input')!;
    input.focus();
    document.execCommand('insertText', false, 'typed');
    await painted();

    expect(input.value).toBe('typed');
    expect(page.container.querySelector('input')).toBe(input);
    expect(seen.mounts).toBe(before.mounts + 1);
  });

  // React looks for a boundary among what stays on the page, and of the gate nothing does.
  test('8: a cleanup that throws as the whole gate leaves reaches the outer boundary and is not counted', async () => {
    const { V2 } = createV2(useEffect);
    const { Provider, sink, faults } = testClient();
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const reached: unknown[] = [];
    const ui = (content: ReactNode) => (
      <Outer onError={(error) => void reached.push(error)}>
        <Provider>{content}</Provider>
      </Outer>
    );
    const page = mount(ui(<Face />), { strict: false });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    page.render(ui(<p>elsewhere</p>));
    await vi.waitFor(() => expect(page.text()).toBe('outer'));
    await painted();

    expect(reached).toEqual([left]);
    expect(faults).toEqual([]);
    expect(sink.observations.filter(({ kind }) => kind === 'failure')).toEqual([]);
  });
});
