import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { createSwitchback, defineFeatures, SwitchbackProvider } from '../../src/index.js';
import { FeatureSettings } from '../../src/settings/index.js';

const features = defineFeatures({ memoryPanel: {} });

test('a server renders the panel, asks nobody and writes no token', () => {
  const token = 'sbt_0123456789abcdefghij';
  const fetchNothing = () => Promise.reject(new Error('a server asked'));
  const client = createSwitchback({ features, storage: false });
  const html = renderToString(
    <SwitchbackProvider client={client}>
      <FeatureSettings features={[{ feature: 'memoryPanel' }]} operator={{ token, fetch: fetchNothing }} />
    </SwitchbackProvider>,
  );
  expect(html).toContain('You see the current version.');
  expect(html).toContain('Asking the service…');
  expect(html).not.toContain(token);
});

test('without features and without an operator it says what is missing', () => {
  const client = createSwitchback({ features, storage: false });
  const render = () =>
    renderToString(
      <SwitchbackProvider client={client}>
        <FeatureSettings />
      </SwitchbackProvider>,
    );
  expect(render).toThrow('features must be a list such as [{ feature: "memoryPanel" }] where there is no operator');
});

test('a part without its panel says which one is missing', () => {
  expect(() => renderToString(<FeatureSettings.Choice />)).toThrow('there is no <FeatureSettings.Root> above');
});
