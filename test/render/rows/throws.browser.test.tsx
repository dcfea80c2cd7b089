// Rows of the behaviour table, by number: what v2 throws while rendering, and v1 as well.
import { useState } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { mount, painted } from '../../harness/mount.js';
import { faces, mountFace, Outer, testClient, thrower } from '../setup.js';

const boom = new Error('v2 broke');

describe.each(faces)('%s', (_face, makeFace) => {
  test('1: a render that throws on mount shows v1 before the paint and counts one failure', async () => {
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2: thrower(boom) }));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    await painted();

    expect(page.text()).toBe('v1');
    expect(page.frames.filter((text) => text !== 'v1')).toEqual([]);
    expect(page.uncaught).toEqual([]);
    expect(fallbacks[0]).toMatchObject({ feature: 'panel', phase: 'render', error: boom });
    expect(sink.counts('v2')).toMatchObject({
      attempts: 1,
      exposures: 0,
      settled: 0,
      failed: { render: 1, effect: 0 },
    });
  });

  test('2: a render that throws on update shows v1 before the paint; a sibling keeps its text and focus', async () => {
    const { Provider, sink, fallbacks, settle } = testClient();
    let fail = () => {};
    const V2 = () => {
      const [isFailing, setIsFailing] = useState(false);
      fail = () => setIsFailing(true);
      if (isFailing) throw boom;
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2 });
    const page = mount(
      <Provider>
        <input aria-label="sibling" />
        <Face />
      </Provider>,
    );
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    await settle();
    const input = page.container.querySelector('input')!;
    input.focus();
    input.value = 'half a sentence';

    fail();
    await vi.waitFor(() => expect(page.text()).toBe('v1'));
    await painted();

    expect(page.frames).not.toContain('');
    expect(document.activeElement).toBe(input);
    expect(input.value).toBe('half a sentence');
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(sink.counts('v2')).toMatchObject({ exposures: 1, failed: { render: 1, effect: 0 } });
  });

  test('10: when v1 throws as well, its own error reaches the outer boundary and the breaker hears nothing', async () => {
    const { Provider, sink, client } = testClient(undefined, { breaker: { incidentLimit: 1 } });
    const v1Error = new Error('v1 broke');
    const V1 = thrower(v1Error);
    const Face = makeFace({ v1: <V1 />, V2: thrower(boom) });
    const reached: unknown[] = [];
    const page = mount(
      <Outer onError={(error) => void reached.push(error)}>
        <Provider>
          <Face />
        </Provider>
      </Outer>,
    );
    await vi.waitFor(() => expect(page.text()).toBe('outer'));
    await painted();

    expect(reached).toEqual([v1Error]);
    expect(reached[0]).toBe(v1Error);
    expect(page.uncaught).toEqual([]);
    for (const observation of sink.observations) {
      if (observation.kind === 'failure' && observation.version === 'v2')
        expect(observation.failure.v1AlsoFailed).toBe(true);
    }
    expect(client.getDecision('panel').reason).not.toBe('CIRCUIT_OPEN');
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['0', 0],
    ['a string', 'plain text'],
    ['a symbol', Symbol('thrown')],
    ['a frozen object', Object.freeze({ frozen: true })],
  ])('23: %s thrown shows v1 and is handed on untouched', async (_name, thrown) => {
    const { page, sink, fallbacks } = mountFace(makeFace({ v1: <p>v1</p>, V2: thrower(thrown) }));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));

    expect(page.text()).toBe('v1');
    expect(fallbacks[0]!.error).toBe(thrown);
    expect(sink.counts('v2').failed.render).toBe(1);
  });

  test('24: callbacks and sinks that throw leave v1 on the screen and are reported', async () => {
    const { Provider, faults } = testClient(undefined, {
      onFallback: () => {
        throw new Error('onFallback broke');
      },
      sinks: [
        {
          name: 'broken',
          observe: () => {
            throw new Error('sink broke');
          },
        },
      ],
    });
    const Face = makeFace({
      v1: <p>v1</p>,
      V2: thrower(boom),
      onFallback: () => {
        throw new Error('own onFallback broke');
      },
    });
    const reached: unknown[] = [];
    const page = mount(
      <Outer onError={(error) => void reached.push(error)}>
        <Provider>
          <Face />
        </Provider>
      </Outer>,
    );
    await vi.waitFor(() => expect(faults.map(([operation]) => operation)).toContain('onFallback'));
    await painted();

    expect(page.text()).toBe('v1');
    expect(reached).toEqual([]);
    expect(faults.map(([operation]) => operation)).toContain('sink broken');
  });
});
