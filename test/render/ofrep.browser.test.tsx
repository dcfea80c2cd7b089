import { createRoot } from 'react-dom/client';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from 'vitest/browser';
import { ofrepSource } from '../../src/client/index.js';
import { createSwitchback, defineFeatures, SwitchbackProvider, useFeature } from '../../src/index.js';

const features = defineFeatures({ memoryPanel: {} });

const Panel = () => <p>{useFeature('memoryPanel') ? 'v2: memories' : 'v1: memories'}</p>;

test('a page runs on an OFREP engine of another origin, and flips within 2 s of a change', async () => {
  const url = await commands.startOfrepEngine('memoryPanel');
  const client = createSwitchback({ features, source: ofrepSource({ url }), context: { targetingKey: 'user-1' } });
  const container = document.createElement('div');
  document.body.append(container);
  const root = createRoot(container);
  onTestFinished(async () => {
    root.unmount();
    client.close();
    container.remove();
    await commands.stopOfrepEngine(url);
  });
  root.render(
    <SwitchbackProvider client={client}>
      <Panel />
    </SwitchbackProvider>,
  );
  const text = () => container.textContent;
  await expect.poll(text, { timeout: 30_000 }).toBe('v2: memories');
  await expect.poll(() => client.getStatus().status, { timeout: 30_000 }).toBe('live');
  // A machine that others keep busy may stop for seconds, but not each time; a page that asks now and then is never so quick.
  let quickFlips = 0;
  for (let flip = 0; quickFlips < 3; flip++) {
    expect(flip, 'flips').toBeLessThan(12);
    const isOn = flip % 2 === 1;
    await commands.setOfrepFeature(url, isOn);
    const changedAtMs = performance.now();
    await expect.poll(text, { timeout: 30_000, interval: 10 }).toBe(isOn ? 'v2: memories' : 'v1: memories');
    if (performance.now() - changedAtMs < 2_000) quickFlips++;
  }
});
