import { expect, test } from 'vitest';
import { FeatureGate, SwitchbackProvider } from '../../src/index.js';
import { breakV2 } from '../../src/storybook/breakV2.js';
import { createTestClient } from '../../src/testing/index.js';
import { systemClock } from '../../src/client/clock.js';
import { mount } from '../harness/mount.js';

test('a v2 that needs no loading comes late, and comes as it was given', async () => {
  const client = createTestClient({ memoryPanel: 'v2' }, { options: { clock: systemClock } });
  const faults = new Map([['memoryPanel', { failure: null, delayMs: 50 } as const]]);
  const broken = breakV2(client, faults, false, () => {});
  const { container } = mount(
    <SwitchbackProvider client={broken.client}>
      <FeatureGate feature="memoryPanel" fallback={<p>v1</p>}>
        <p>v2</p>
      </FeatureGate>
    </SwitchbackProvider>,
  );
  expect(container.textContent).toBe('v1');
  await expect.poll(() => container.textContent).toBe('v2');
});
