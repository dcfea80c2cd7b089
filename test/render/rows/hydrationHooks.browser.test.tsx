// Row 38 for the hooks, which read the same stores as the gates.
import type { ReactNode } from 'react';
import { expect, test, vi } from 'vitest';
import { FeatureGate, useFeature, useFeatureConfig, useOverride, useSwitchbackStatus } from '../../../src/index.js';
import { painted } from '../../harness/mount.js';
import { hydrate, serverHtml } from '../hydrationSetup.js';
import { testClient, type TestClient } from '../setup.js';

const V2 = () => <p>v2</p>;
const Reader = () => {
  const { revision } = useSwitchbackStatus();
  const settings = JSON.stringify(useFeatureConfig('panel'));
  return <i>{`${useFeature('panel')} ${useOverride('panel').version} ${revision} ${settings}`}</i>;
};
const app = ({ Provider }: TestClient): ReactNode => (
  <Provider>
    <b>sibling</b>
    <Reader />
    <FeatureGate feature="panel" fallback={<p>v1</p>}>
      <V2 />
    </FeatureGate>
  </Provider>
);

test.each<[string, string, (local: TestClient) => void]>([
  ['an override', 'false v1 1 {}', (local) => void local.client.setOverride('panel', 'v1')],
  ['an open breaker', 'false null 1 {}', (local) => local.client.reportFailure('panel', new Error('earlier'))],
  ['a newer snapshot', 'false null 2 {}', (local) => local.publish({ panel: {} }, { kills: ['panel'] })],
  ['newer settings', 'true null 2 {"size":5}', (local) => local.publish({ panel: { config: { size: 5 } } })],
])('38: hooks hydrate with what the server knew, and read %s of the browser afterwards', async (_, read, make) => {
  const html = serverHtml(app(testClient()));
  expect(html).toContain('<i>true null 1 {}</i>');
  const local = testClient(undefined, { overrides: { allow: 'all' }, breaker: { incidentLimit: 1 } });
  make(local);

  const page = hydrate(html, app(local));
  const sibling = page.node('b');

  await vi.waitFor(() => expect(page.node('i')?.textContent).toBe(read));
  await painted();
  expect(page.node('p')?.textContent).toBe(read.startsWith('true') ? 'v2' : 'v1');
  expect([...page.recoverable, ...page.caught, ...page.uncaught]).toEqual([]);
  expect(page.node('b')).toBe(sibling);
});
