// Rows of the behaviour table, by number: a v2 that suspends.
import { startTransition, useEffect, useState } from 'react';
import { userEvent } from 'vitest/browser';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/client/clock.js';
import { SwitchbackError, useFallbackBoundary, useFeatureReporter, VersionSwitcher } from '../../../src/index.js';
import { painted } from '../../harness/mount.js';
import { createV1, faces, gatingFaces, mountFace, testClient } from '../setup.js';
import { createSuspension, endless, type Suspension } from './suspension.js';
import { mountOnV1 } from './upgrading.js';

const v1 = <p>v1</p>;
const loading = <p>loading</p>;

/** Resolves once v2 suspends and the page shows what it shows meanwhile. */
async function isWaitedFor({ isAwaited }: Pick<Suspension, 'isAwaited'>): Promise<void> {
  await vi.waitFor(() => expect(isAwaited()).toBe(true));
  await painted();
}

/** A v2 that is there, and suspends when it is told to. */
function suspendsLater(isTransition: boolean) {
  const { wait, end, isAwaited } = createSuspension();
  const told = { suspend: () => {}, end, isAwaited };
  const V2 = () => {
    const [isWaiting, setIsWaiting] = useState(false);
    told.suspend = () => (isTransition ? startTransition(() => setIsWaiting(true)) : setIsWaiting(true));
    if (isWaiting) wait();
    return <p>v2{isWaiting ? ' again' : ''}</p>;
  };
  return { V2, told };
}

describe.each(faces)('%s', (name, makeFace) => {
  test.each(endless)(
    '21: %s for longer than suspendTimeoutMs on the first mount is one failure',
    async (_how, Wait) => {
      const V2 = () => (
        <p>
          v2 <Wait />
        </p>
      );
      const face = makeFace({ v1, V2, loading, suspendTimeoutMs: 80 });
      const { page, sink, fallbacks, clock } = mountFace(face);
      await painted();
      await clock.advance(79);
      await painted();
      expect(page.text()).toBe('loading');
      expect(fallbacks).toEqual([]);
      await clock.advance(1);
      await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
      await painted();

      expect(page.frames).toEqual(['loading', 'v1']);
      expect(fallbacks[0]).toMatchObject({ phase: 'render', error: { code: 'suspend-timeout' } });
      expect(fallbacks[0]!.error).toBeInstanceOf(SwitchbackError);
      expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 0, failed: { render: 1, load: 0 } });
    },
  );

  test('21: on the machine’s own clock it fails by itself', async () => {
    const [[, Wait] = []] = endless;
    const client = testClient(undefined, { clock: systemClock });
    const { page, fallbacks } = mountFace(makeFace({ v1, V2: Wait!, loading, suspendTimeoutMs: 20 }), { client });
    await vi.waitFor(() => expect(fallbacks).toMatchObject([{ error: { code: 'suspend-timeout' } }]));
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
  });

  test('21: by default it may take its time', async () => {
    const [[, Wait] = []] = endless;
    const { page, fallbacks, clock } = mountFace(makeFace({ v1, V2: Wait!, loading }));
    await painted();
    await clock.advance(3_600_000);
    await painted();
    expect(page.frames).toEqual(['loading']);
    expect(fallbacks).toEqual([]);
  });

  test.each([Number.NaN, 0, -1, Number.POSITIVE_INFINITY])(
    '21: with a suspendTimeoutMs of %s, which is none, it may take its time as well',
    async (suspendTimeoutMs) => {
      const { wait, end, isAwaited } = createSuspension();
      const V2 = () => {
        wait();
        return <p>v2</p>;
      };
      const { page, fallbacks, clock } = mountFace(makeFace({ v1, V2, loading, suspendTimeoutMs }), {
        client: testClient(undefined, { onInternalFault: () => {} }),
      });
      await vi.waitFor(() => expect(page.text()).toBe('loading'));
      await isWaitedFor({ isAwaited });
      await clock.advance(3_600_000);
      expect(fallbacks).toEqual([]);
      end();
      await vi.waitFor(() => expect(page.text()).toBe('v2'));
      expect(fallbacks).toEqual([]);
    },
  );

  test('21: without `loading` v1 fills the time, inside the gate as ever', async () => {
    const { wait, end, isAwaited } = createSuspension();
    const V2 = () => {
      wait();
      return <p>v2</p>;
    };
    const V1 = () => {
      const { error } = useFallbackBoundary();
      const { reportFailure } = useFeatureReporter('panel');
      useEffect(() => reportFailure('not so bad'), [reportFailure]);
      return <p>v1{error === null ? '' : ' after a failure'}</p>;
    };
    const { page, fallbacks, sink } = mountFace(makeFace({ v1: <V1 />, V2 }), { strict: false });
    await isWaitedFor({ isAwaited });
    expect(page.text()).toBe('v1');
    end();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v1')).toMatchObject({ attempts: 0, exposures: 0, failed: { reported: expect.any(Number) } });
    expect(sink.counts('v1').failed.reported).toBeGreaterThan(0);
    expect(sink.counts('v2').failed.reported).toBe(0);
  });

  test('21: a v2 that is there in time never fails of it', async () => {
    const { wait, end, isAwaited } = createSuspension();
    const V2 = () => {
      wait();
      return <p>v2</p>;
    };
    const { page, fallbacks, sink, clock } = mountFace(makeFace({ v1, V2, loading, suspendTimeoutMs: 600 }));
    await isWaitedFor({ isAwaited });
    await clock.advance(599);
    end();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await clock.advance(3_600_000);
    await painted();
    expect(page.text()).toBe('v2');
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
  });

  test('21: an update that suspends for longer fails as well', async () => {
    const { V2, told } = suspendsLater(false);
    const { page, sink, fallbacks, clock } = mountFace(makeFace({ v1, V2, loading, suspendTimeoutMs: 60 }));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await clock.advance(3_600_000);
    expect(fallbacks).toEqual([]);

    told.suspend();
    await isWaitedFor(told);
    await vi.waitFor(() => expect(page.container.innerText.trim()).toBe('loading'));
    await clock.advance(59);
    await painted();
    expect(fallbacks).toEqual([]);
    await clock.advance(1);
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();
    expect(page.text()).toBe('v1');
    expect(fallbacks[0]).toMatchObject({ phase: 'render', error: { code: 'suspend-timeout' } });
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, failed: { render: 1 } });
  });

  test('21: an update that suspends in a transition leaves v2 on the screen, for however long', async () => {
    const { V2, told } = suspendsLater(true);
    const { page, fallbacks, clock } = mountFace(makeFace({ v1, V2, suspendTimeoutMs: 30 }));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    told.suspend();
    await isWaitedFor(told);
    await clock.advance(3_600_000);
    await painted();
    expect(page.text()).toBe('v2');
    told.end();
    await vi.waitFor(() => expect(page.text()).toBe('v2 again'));
    expect(fallbacks).toEqual([]);
  });

  test('21: a gate that is gone fails no more', async () => {
    const [[, Wait] = []] = endless;
    const { page, fallbacks, sink, clock } = mountFace(makeFace({ v1, V2: Wait!, loading, suspendTimeoutMs: 40 }));
    await painted();
    await clock.advance(39);
    page.unmount();
    await clock.advance(3_600_000);
    expect(fallbacks).toEqual([]);
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, aborted: 1, failed: { render: 0 } });
  });

  test('22: v1 keeps the screen, its text and the focus until an upgrade that suspends is ready', async () => {
    const { wait, end, isAwaited } = createSuspension();
    const V2 = () => {
      wait();
      return <p>v2</p>;
    };
    const upgrading = await mountOnV1([name, makeFace], { V2, loading });
    const { page, input, seen, sink, upgrade, fallbacks, clock, settle } = upgrading;
    const frames = page.frames.length;
    upgrade();
    await isWaitedFor({ isAwaited });
    await clock.advance(3_600_000);
    await painted();
    expect(page.frames.slice(frames - 1)).toEqual(['v1']);
    expect(document.activeElement).toBe(input);
    await userEvent.type(input, ' on');
    expect(input.value).toBe('typed on');
    expect(seen()).toEqual({ mounts: 0, cleanups: 0 });
    expect(sink.counts('v2').exposures).toBe(0);

    end();
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await painted();
    expect(page.frames.slice(frames - 1)).toEqual(['v1', 'v2']);
    expect(fallbacks).toEqual([]);
    await settle();
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
  });

  test('22: an upgrade that suspends for longer than suspendTimeoutMs fails, and v1 never noticed', async () => {
    const [[, Wait] = []] = endless;
    const upgrading = await mountOnV1([name, makeFace], { V2: Wait!, loading, suspendTimeoutMs: 60 });
    const { page, input, seen, sink, upgrade, fallbacks, clock } = upgrading;
    upgrade();
    await painted();
    await clock.advance(59);
    expect(fallbacks).toEqual([]);
    await clock.advance(1);
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(fallbacks[0]).toMatchObject({ phase: 'render', error: { code: 'suspend-timeout' } });
    expect(page.text()).toBe('v1');
    expect(input.isConnected).toBe(true);
    expect(input.value).toBe('typed');
    expect(document.activeElement).toBe(input);
    expect(seen()).toEqual({ mounts: 0, cleanups: 0 });
    expect(sink.counts('v2')).toMatchObject({ attempts: 1, exposures: 0, failed: { render: 1 } });
  });
});

describe.each(gatingFaces)('%s', (name, makeFace) => {
  test('22: a downgrade while the upgrade suspends leaves v1 as it is, also when v2 gets ready later', async () => {
    const { wait, end, isAwaited } = createSuspension();
    const V2 = () => {
      wait();
      return <p>v2</p>;
    };
    const { page, input, seen, upgrade, publish, fallbacks } = await mountOnV1([name, makeFace], { V2 });
    upgrade();
    await isWaitedFor({ isAwaited });
    publish({ live: { percentage: 0 } });
    await painted();
    end();
    await painted();
    expect(page.text()).toBe('v1');
    expect(input.value).toBe('typed');
    expect(seen()).toEqual({ mounts: 0, cleanups: 0 });
    expect(fallbacks).toEqual([]);
  });
});

test.each([undefined, 60])('22: a user’s own switch, with suspendTimeoutMs %s, keeps v1 as well', async (timeout) => {
  const { wait, end, isAwaited } = createSuspension();
  const V2 = () => {
    wait();
    return <p>v2</p>;
  };
  const { V1, seen } = createV1();
  const Face = () => (
    <VersionSwitcher
      feature="panel"
      toggle="always"
      labels={{ v1: '', v2: '' }}
      v1={<V1 />}
      v2={<V2 />}
      loading={loading}
      suspendTimeoutMs={timeout}
    />
  );
  const client = testClient({ panel: { percentage: 0 } });
  const { page, fallbacks, clock } = mountFace(Face, { client, strict: false });
  const input = page.container.querySelector('input')!;
  await userEvent.fill(input, 'typed');
  page.container.querySelectorAll('button')[1]!.click();
  await isWaitedFor({ isAwaited });
  await clock.advance(60);
  await painted();

  expect(page.frames).toEqual(['v1']);
  expect(input.value).toBe('typed');
  expect(seen).toEqual({ mounts: 1, cleanups: 0 });
  expect(fallbacks).toMatchObject(timeout === undefined ? [] : [{ error: { code: 'suspend-timeout' } }]);
  expect(fallbacks).toHaveLength(timeout === undefined ? 0 : 1);
  end();
  await painted();
  await vi.waitFor(() => expect(page.text()).toBe(timeout === undefined ? 'v2' : 'v1'));
});
