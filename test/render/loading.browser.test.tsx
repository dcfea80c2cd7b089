// v2's code on its way, besides the behaviour table's rows in rows/loading.browser.test.tsx.
import type { ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import { FeatureGate, lazyVersion, versioned } from '../../src/index.js';
import { mount, painted } from '../harness/mount.js';
import { testClient } from './setup.js';

const boom = new Error('v2 broke');

describe('loading', () => {
  test('a load that failed is imported again by the next mount', async () => {
    const { Provider, fallbacks } = testClient();
    let imports = 0;
    const V2 = lazyVersion(
      async () => {
        imports++;
        if (imports === 1) throw new Error('404');
        return { default: () => <p>v2</p> };
      },
      { retries: 0 },
    );
    const ui = (key: string) => (
      <Provider>
        <FeatureGate key={key} feature="panel" fallback={<p>v1</p>}>
          <V2 />
        </FeatureGate>
      </Provider>
    );
    const page = mount(ui('first'));
    await vi.waitFor(() => expect(fallbacks).toHaveLength(1));
    expect(page.text()).toBe('v1');

    page.render(ui('second'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
    expect(imports).toBe(2);
  });

  test('a lazy version deeper inside v2 suspends there, and its failure is a load failure', async () => {
    const { Provider, fallbacks } = testClient();
    const Good = lazyVersion(async () => ({ default: () => <p>deep v2</p> }));
    const Bad = lazyVersion<object>(
      async () => {
        throw boom;
      },
      { retries: 0 },
    );
    const ui = (deep: ReactNode) => (
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>} loading={<p>loading</p>}>
          <section>{deep}</section>
        </FeatureGate>
      </Provider>
    );
    const good = mount(ui(<Good />));
    await vi.waitFor(() => expect(good.text()).toBe('deep v2'));
    const bad = mount(ui(<Bad />));
    await vi.waitFor(() => expect(bad.text()).toBe('v1'));
    await vi.waitFor(() => expect(fallbacks.map(({ phase }) => phase)).toEqual(['load']));
  });

  test('v2 code that was preloaded shows on the first paint', async () => {
    const { Provider } = testClient();
    const Panel = versioned('panel', {
      v1: () => <p>v1</p>,
      v2: async () => ({ default: () => <p>v2</p> }),
    });
    await Panel.preload();
    const page = mount(
      <Provider>
        <Panel />
      </Provider>,
    );
    await painted();
    expect(page.frames).toEqual(['v2']);
  });

  test('v2 code is not fetched while the decision is v1', async () => {
    const { Provider } = testClient({ panel: { percentage: 0 } });
    const loader = vi.fn(async () => ({ default: () => <p>v2</p> }));
    const V2 = lazyVersion(loader);
    const page = mount(
      <Provider>
        <FeatureGate feature="panel" fallback={<p>v1</p>}>
          <V2 />
        </FeatureGate>
      </Provider>,
    );
    await painted();
    expect(page.text()).toBe('v1');
    expect(loader).not.toHaveBeenCalled();
  });
});
