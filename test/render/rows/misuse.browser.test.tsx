// Gates that were given what cannot be meant, and the host's own error handling beside ours.
import { Component, useEffect, type ComponentType, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FallbackBoundary, isSwitchbackError } from '../../../src/index.js';
import { expectConsole } from '../../harness/expectedConsole.js';
import { mount, painted } from '../../harness/mount.js';
import { eagerFaces, faces, isProduction, isReact18, mountFace, Outer, testClient, thrower } from '../setup.js';

const boom = new Error('v2 broke');

describe.each(eagerFaces)('%s', (_face, makeFace) => {
  test('without a fallback it says so once in development, and the page goes on when v2 fails', async () => {
    if (!isProduction) expectConsole(/has no fallback/);
    const client = testClient(undefined, { onInternalFault: undefined });
    const Face = makeFace({ v1: undefined, V2: thrower(boom) });
    const Page = () => (
      <>
        beside
        <Face />
        <Face />
      </>
    );
    const { page, fallbacks } = mountFace(Page, { client });
    await vi.waitFor(() => expect(fallbacks).toHaveLength(2));
    await painted();
    expect(page.text()).toBe('beside');
    expect(page.uncaught).toEqual([]);
    expect(console.warn).toHaveBeenCalledTimes(isProduction ? 0 : 1);
  });

  test('a fallback of null is meant, and says nothing', async () => {
    const client = testClient(undefined, { onInternalFault: undefined });
    const { page } = mountFace(makeFace({ v1: null, V2: thrower(boom) }), { client });
    await painted();
    expect(page.text()).toBe('');
    expect(console.warn).not.toHaveBeenCalled();
  });
});

test('a boundary without a fallback and without a provider goes on as well', async () => {
  if (!isProduction) expectConsole(/has no fallback/);
  const Bare = FallbackBoundary as ComponentType<{ children: ReactNode }>;
  const Broken = thrower(boom);
  const page = mount(
    <p>
      beside
      <Bare>
        <Broken />
      </Bare>
    </p>,
  );
  await painted();
  expect(page.text()).toBe('beside');
  expect(page.uncaught).toEqual([]);
});

describe.each(faces)('%s', (_face, makeFace) => {
  test('a suspendTimeoutMs that is none is told of in development', async () => {
    const Face = makeFace({ v1: 'v1', V2: () => <p>v2</p>, suspendTimeoutMs: Number.NaN });
    const { page, faults } = mountFace(Face, { strict: false });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(faults).toMatchObject(isProduction ? [] : [['gate', { code: 'invalid-option' }]]);
    expect(faults).toHaveLength(isProduction ? 0 : 1);
  });

  test.skipIf(isReact18)('a root hears of each error before the gate, and can tell which were the gate’s', async () => {
    class Hosts extends Component<{ children: ReactNode }> {
      static getDerivedStateFromError = () => ({ failed: true });
      override state = { failed: false };
      override render() {
        return this.state.failed ? 'host' : this.props.children;
      }
    }
    const heard: [unknown, boolean][] = [];
    const hostsOwn = new Error('the host’s own');
    const { Provider, fallbacks } = testClient();
    const InEffect = () => {
      useEffect(() => {
        throw boom;
      }, []);
      return <p>v2</p>;
    };
    const Face = makeFace({ v1: <p>v1</p>, V2: InEffect });
    const HostsOwn = thrower(hostsOwn);
    const container = document.body.appendChild(document.createElement('div'));
    const root = createRoot(container, {
      onCaughtError: (error, info) => void heard.push([error, isSwitchbackError(info)]),
    });
    onTestFinished(() => {
      root.unmount();
      container.remove();
    });
    flushSync(() =>
      root.render(
        <Provider>
          <Face />
          <Hosts>
            <HostsOwn />
          </Hosts>
        </Provider>,
      ),
    );
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(container.textContent).toBe('v1host');
    expect(new Map(heard)).toEqual(
      new Map<unknown, boolean>([
        [hostsOwn, false],
        [boom, true],
      ]),
    );
    expect(heard).toHaveLength(2);
  });

  test.skipIf(isReact18)('an error of v1 is none of ours', async () => {
    const heard: boolean[] = [];
    const { Provider } = testClient();
    const [V1, V2] = [thrower(new Error('v1 broke')), thrower(boom)];
    const Face = makeFace({ v1: <V1 />, V2 });
    const container = document.body.appendChild(document.createElement('div'));
    const root = createRoot(container, {
      onCaughtError: (error, info) => void (error !== boom && heard.push(isSwitchbackError(info))),
    });
    onTestFinished(() => {
      root.unmount();
      container.remove();
    });
    flushSync(() =>
      root.render(
        <Outer onError={() => {}}>
          <Provider>
            <Face />
          </Provider>
        </Outer>,
      ),
    );
    await vi.waitFor(() => expect(container.textContent).toBe('outer'));
    expect(heard.at(-1)).toBe(false);
  });
});

test('what a root hands over may be anything', () => {
  for (const info of [{}, { errorBoundary: null }, { errorBoundary: new Outer({ onError: () => {}, children: null }) }])
    expect(isSwitchbackError(info)).toBe(false);
});
