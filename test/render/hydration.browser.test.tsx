import { StrictMode, type ReactNode } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FeatureGate, useFeature, useFeatureConfig, useOverride, useSwitchbackStatus } from '../../src/index.js';
import { passed } from '../harness/mount.js';
import { testClient, type TestClient } from './setup.js';

const V2 = () => <p>v2</p>;
const Reader = () => {
  const status = useSwitchbackStatus();
  return (
    <i>{`${useFeature('panel')} ${useOverride('panel').version} ${status.revision} ${JSON.stringify(useFeatureConfig('panel'))}`}</i>
  );
};
const app = (Provider: TestClient['Provider']): ReactNode => (
  <StrictMode>
    <Provider>
      <b>sibling</b>
      <Reader />
      <FeatureGate feature="panel" fallback={<p>v1</p>}>
        <V2 />
      </FeatureGate>
    </Provider>
  </StrictMode>
);

function hydrate(html: string, client: TestClient) {
  const container = document.createElement('div');
  container.innerHTML = html;
  document.body.append(container);
  const problems: unknown[] = [];
  const sibling = container.querySelector('b');
  const root = hydrateRoot(container, app(client.Provider), {
    onRecoverableError: (error) => void problems.push(error),
    onUncaughtError: (error) => void problems.push(error),
  });
  onTestFinished(() => {
    root.unmount();
    container.remove();
  });
  return { container, problems, sibling };
}

test.each([
  ['an override', 'v1', (local: TestClient) => void local.client.setOverride('panel', 'v1')],
  ['an open breaker', 'v1', (local: TestClient) => local.client.reportFailure('panel', new Error('earlier'))],
  ['a newer snapshot that kills', 'v1', (local: TestClient) => local.publish({ panel: {} }, { kills: ['panel'] })],
  ['settings of a newer snapshot', 'v2', (local: TestClient) => local.publish({ panel: { config: { size: 5 } } })],
])(
  '38: %s on the client that the server did not know hydrates cleanly, then shows %s',
  async (_name, version, make) => {
    const html = renderToString(app(testClient().Provider));
    expect(html).toContain('v2');
    const local = testClient(undefined, { overrides: { allow: 'all' }, breaker: { incidentLimit: 1 } });
    make(local);

    const { container, problems, sibling } = hydrate(html, local);

    await passed(30);
    await vi.waitFor(() => expect(container.querySelector('p')?.textContent).toBe(version));
    expect(problems).toEqual([]);
    expect(container.querySelector('b')).toBe(sibling);
  },
);
