// Rows of the behaviour table, by number: effects and cleanups that throw.
import { useEffect, useLayoutEffect, useState } from 'react';
import { describe, expect, test, vi } from 'vitest';
import type { FallbackEvent } from '../../../src/index.js';
import { painted } from '../../harness/mount.js';
import { createV1, faces, gatingFaces, mountFace, testClient } from '../setup.js';

const boom = new Error('v2 broke');

describe.each(faces)('%s', (_face, makeFace) => {
  test('4: a layout effect that throws shows v1 before the paint and counts one exposure and one effect failure', async () => {
    const V2 = () => {
      useLayoutEffect(() => {
        throw boom;
      }, []);
      return <p>v2</p>;
    };
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2 }));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 1,
      settled: 0,
      failed: { render: 0, effect: 1 },
    });
  });

  test.each([true, false])('6: an effect that throws counts the same with StrictMode %s', async (strict) => {
    const V2 = () => {
      useEffect(() => {
        throw new Error('a new object each time');
      }, []);
      return <p>v2</p>;
    };
    const { page, sink, fallbacks, settle } = mountFace(makeFace({ v1: <p>v1</p>, V2 }), { strict });
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await settle();
    await painted();
    expect(page.text()).toBe('v1');

    expect(fallbacks).toHaveLength(1);
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 1,
      settled: 0,
      failed: { render: 0, effect: 1 },
    });
  });

  test.each(['update', 'effect'])(
    '2: a v2 that came after its gate and fails in an %s is told as such',
    async (where) => {
      let isReady = false;
      let finish = () => {};
      const ready = new Promise<void>((resolve) => {
        finish = () => {
          isReady = true;
          resolve();
        };
      });
      let fail = () => {};
      let renders = 0;
      const V2 = () => {
        renders++;
        const [isFailing, setIsFailing] = useState(false);
        fail = () => setIsFailing(true);
        useEffect(() => {
          if (where === 'effect') throw boom;
        }, []);
        if (!isReady) throw ready;
        if (isFailing) throw boom;
        return <p>v2</p>;
      };
      const { page, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2 }));
      await vi.waitFor(() => expect(renders).toBeGreaterThan(0));
      await painted();
      finish();
      if (where === 'update') {
        await vi.waitFor(() => expect(page.text()).toBe('v2'));
        await painted();
        fail();
      }
      await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
      expect(fallbacks[0]!.phase).toBe(where === 'update' ? 'render' : 'effect');
    },
  );
});

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  test('8: a cleanup that throws on the way to v1 leaves v1 mounted once, is told as cleanup, spares the breaker', async () => {
    const { V1, seen } = createV1();
    const V2 = () => {
      useEffect(
        () => () => {
          throw boom;
        },
        [],
      );
      return <p>v2</p>;
    };
    const errors: FallbackEvent[] = [];
    const Face = makeFace({ v1: <V1 />, V2, onError: (event) => void errors.push(event) });
    const client = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const { page, publish, sink } = mountFace(Face, { client, strict: false });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    // v1 may have filled the time until v2's code was there.
    const before = { ...seen };

    publish({ panel: { percentage: 0 } });
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(seen).toEqual({ mounts: before.mounts + 1, cleanups: before.cleanups });
    expect(page.uncaught).toEqual([]);
    expect(errors[0]).toMatchObject({ phase: 'cleanup', error: boom });
    expect(new Set(Object.values(sink.counts('v2').failed))).toEqual(new Set([0]));
    publish({ panel: {} });
    expect(client.client.getDecision('panel').reason).toBe('SPLIT');
  });
});
