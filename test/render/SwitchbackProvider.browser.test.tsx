import { useState, type ReactNode } from 'react';
import { expect, test, vi } from 'vitest';
import { defineFeatures, FeatureGate, SwitchbackProvider, useFeature } from '../../src/index.js';
import { expectConsole } from '../harness/expectedConsole.js';
import { mount, painted } from '../harness/mount.js';
import { rulesSnapshot } from '../harness/snapshot.js';
import { Outer, testClient } from './setup.js';

const features = defineFeatures({ panel: {} });
const Reader = () => <i>{String(useFeature('panel'))}</i>;

test('its absence is an error that says what to do', async () => {
  const reached: unknown[] = [];
  mount(
    <Outer onError={(error) => void reached.push(error)}>
      <Reader />
    </Outer>,
  );
  await vi.waitFor(() => expect(reached).not.toHaveLength(0));
  expect(String(reached[0])).toMatch(/no <SwitchbackProvider> above this component; wrap the app in one/);
});

test('one inside another is told of once', async () => {
  const inner = testClient();
  const Outside = testClient().Provider;
  const page = mount(
    <Outside>
      <inner.Provider>
        <Reader />
      </inner.Provider>
    </Outside>,
    { strict: false },
  );
  await painted();
  expect(page.text()).toBe('true');
  expect(inner.faults.map(([, error]) => String(error))).toEqual([
    expect.stringMatching(/is inside another one.*keep one/),
  ]);
});

test('features that change with each render are told of once, and the first ones count', async () => {
  const faults: string[] = [];
  let again = () => {};
  const App = ({ children }: { children: ReactNode }) => {
    const [count, setCount] = useState(0);
    again = () => setCount(count + 1);
    return (
      <SwitchbackProvider
        features={{ panel: {} }}
        initial={rulesSnapshot({ panel: {} })}
        storage={false}
        onInternalFault={(_operation, error) => void faults.push(String(error))}
      >
        {children}
      </SwitchbackProvider>
    );
  };
  const page = mount(
    <App>
      <Reader />
    </App>,
  );
  for (let time = 0; time < 3; time++) {
    again();
    await painted();
  }
  expect(page.text()).toBe('true');
  expect(faults).toEqual([expect.stringMatching(/got other features.*call defineFeatures once/)]);
});

test('an unknown feature is v1, with one warning that lists the known ones', async () => {
  expectConsole(/unknown feature "pannel" is v1; known: panel/);
  const page = mount(
    <SwitchbackProvider features={features} initial={rulesSnapshot({ panel: {} })} storage={false}>
      <FeatureGate feature="pannel" fallback={<p>v1</p>}>
        <p>v2</p>
      </FeatureGate>
    </SwitchbackProvider>,
  );
  await painted();
  expect(page.text()).toBe('v1');
  expect(vi.mocked(console.warn).mock.calls).toHaveLength(1);
});

test('bad options are an error in the first render, naming the option and the value', async () => {
  const reached: unknown[] = [];
  mount(
    <Outer onError={(error) => void reached.push(error)}>
      <SwitchbackProvider features={features} waitMs={-5}>
        <Reader />
      </SwitchbackProvider>
    </Outer>,
  );
  await vi.waitFor(() => expect(String(reached[0])).toMatch(/waitMs must be 0 to 60000, found -5/));
});
