// Rows of the behaviour table, by number: resets by hand, and where they would go on for ever.
import { useEffect, useLayoutEffect, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { SwitchbackError, useFallbackBoundary, type ResetEvent } from '../../../src/index.js';
import { painted } from '../../harness/mount.js';
import { faces, lazyFaces, mountFace, testClient, type Face, type FaceProps } from '../setup.js';

const boom = new Error('v2 broke');

type When = 'onFallback' | 'onError' | 'the client’s onFallback' | 'an effect of v1' | 'a layout effect of v1';
const tooEarly: readonly When[] = [
  'onFallback',
  'onError',
  'the client’s onFallback',
  'an effect of v1',
  'a layout effect of v1',
];

/** A gate whose v2 breaks until it is mended, and which somebody resets at some time. */
function mountResetting(makeFace: Face, when?: When, rest: Partial<FaceProps> = {}) {
  const control = { isBroken: true, renders: 0, reset: () => {} };
  const V2 = () => {
    control.reset = useFallbackBoundary().reset;
    // Without an end the page would hang where the test should fail.
    if (control.isBroken && control.renders++ < 60) throw boom;
    return <p>v2</p>;
  };
  const V1 = (): ReactNode => {
    const { reset, error } = useFallbackBoundary();
    useEffect(() => {
      if (when === 'an effect of v1' && error !== null) reset();
    });
    useLayoutEffect(() => {
      if (when === 'a layout effect of v1' && error !== null) reset();
    });
    return <button onClick={reset}>v1</button>;
  };
  const resetAt = (callback: When) => () => void (when === callback && control.reset());
  const client = testClient(undefined, { onFallback: resetAt('the client’s onFallback') });
  const onReset = vi.fn<(event: ResetEvent) => void>();
  const Face = makeFace({
    v1: <V1 />,
    V2,
    onFallback: resetAt('onFallback'),
    onError: resetAt('onError'),
    onReset,
    ...rest,
  });
  return { ...mountFace(Face, { client }), control, onReset };
}

describe.each(faces)('%s', (_face, makeFace) => {
  test.each(tooEarly)('32: a reset in %s is ignored and told, v1 stays, and a click on it works', async (when) => {
    const { page, control, sink, faults, onReset } = mountResetting(makeFace, when);
    await vi.waitFor(() => expect(faults).not.toEqual([]));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.uncaught).toEqual([]);
    // A mount that fails is rendered up to six times by React, and by nobody else.
    expect(control.renders).toBeLessThanOrEqual(6);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, failed: { render: 1 } });
    expect(onReset).not.toHaveBeenCalled();
    expect(new Set(faults.map(([operation]) => operation))).toEqual(new Set(['reset']));
    expect(faults[0]![1]).toBeInstanceOf(SwitchbackError);

    control.isBroken = false;
    page.container.querySelector('button')!.click();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(onReset.mock.calls).toEqual([[{ reason: 'imperative-api' }]]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 2, exposures: 1 });
  });

  test('32: a reset by a timer works', async () => {
    const { page, control, onReset, faults, sink } = mountResetting(makeFace);
    await vi.waitFor(() => expect(sink.counts('v2').failed.render).toBe(1));
    control.isBroken = false;
    setTimeout(() => control.reset(), 0);
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(onReset).toHaveBeenCalledTimes(1);
    expect(faults).toEqual([]);
  });

  test('32: a click on a v2 that is still broken brings v1 again, once for each click', async () => {
    const { page, sink, onReset, faults } = mountResetting(makeFace);
    for (const attempts of [1, 2]) {
      await vi.waitFor(() => expect(sink.counts('v2').failed.render).toBe(attempts));
      await painted();
      expect(page.text()).toBe('v1');
      page.container.querySelector('button')!.click();
    }
    await vi.waitFor(() => expect(sink.counts('v2').failed.render).toBe(3));
    await painted();
    expect(page.text()).toBe('v1');
    expect(sink.counts('v2')).toMatchObject({ attempts: 3, exposures: 0, failed: { render: 3 } });
    expect(onReset).toHaveBeenCalledTimes(2);
    expect(page.frames).not.toContain('');
    expect(faults).toEqual([]);
  });

  test('32: a reset in onReset, or of a v2 that works, does nothing', async () => {
    const { page, control, onReset, faults, sink } = mountResetting(makeFace);
    onReset.mockImplementation(() => control.reset());
    await vi.waitFor(() => expect(sink.counts('v2').failed.render).toBe(1));
    control.isBroken = false;
    page.container.querySelector('button')!.click();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    control.reset();
    await painted();

    expect(onReset).toHaveBeenCalledTimes(1);
    expect(sink.counts('v2').attempts).toBe(2);
    expect(faults).toEqual([]);
  });
});

describe.each(lazyFaces)('%s', (_face, makeFace) => {
  test('32: a reset in an effect of v1 after a load that failed imports nothing again; a click does', async () => {
    const control = { isBroken: true, imports: 0 };
    const loader = async () => {
      control.imports++;
      if (control.isBroken && control.imports < 60) throw boom;
      return { default: () => <p>v2</p> };
    };
    const V1 = () => {
      const { reset, error } = useFallbackBoundary();
      useEffect(() => {
        if (error !== null) reset();
      });
      return <button onClick={reset}>v1</button>;
    };
    const { page, faults, sink } = mountFace(makeFace({ v1: <V1 />, loader, retries: 0 }));
    await vi.waitFor(() => expect(faults).not.toEqual([]));
    await painted();
    expect(page.text()).toBe('v1');
    expect(control.imports).toBe(1);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, failed: { load: 1 } });

    control.isBroken = false;
    page.container.querySelector('button')!.click();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(control.imports).toBe(2);
  });

  test('32: a reset of a v2 that gave itself up, in an effect of v1, is ignored', async () => {
    const control = { giveUp: () => {}, resets: 0 };
    const V2 = () => {
      const { showFallback } = useFallbackBoundary();
      control.giveUp = () => showFallback(boom);
      return <p>v2</p>;
    };
    const V1 = () => {
      const { reset, error } = useFallbackBoundary();
      useEffect(() => {
        if (error === null || control.resets++ > 60) return;
        reset();
      });
      return <p>v1</p>;
    };
    const { page, faults } = mountFace(makeFace({ v1: <V1 />, loader: async () => ({ default: V2 }) }));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    setTimeout(() => control.giveUp(), 0);
    await vi.waitFor(() => expect(faults).not.toEqual([]));
    await painted();
    expect(page.text()).toBe('v1');
    expect(faults[0]![0]).toBe('reset');
    expect(control.resets).toBeLessThanOrEqual(2);
  });
});
