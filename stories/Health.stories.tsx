import type { Meta, StoryObj } from '@storybook/react-vite';
import { FeatureGate, SwitchbackProvider, type ConnectionQuality, type Source } from 'react-switchback';
import { expect, waitFor, within } from 'storybook/test';
import { HealthPanel } from './HealthPanel.js';
import { scene } from './Scene.js';

/**
 * `createHealthMonitor` holds version 2 to thresholds in this browser; `useSwitchbackHealth` says how it is, and
 * `useSwitchbackStatus` how changes arrive.
 */
const meta = {
  title: 'Health',
  component: HealthPanel,
  parameters: { ...scene({ shows: 'v2' }) },
  render: () => (
    <>
      <FeatureGate feature="memoryPanel" fallback={<p>Version 1 is on the screen.</p>}>
        <p>Version 2 is on the screen.</p>
      </FeatureGate>
      <HealthPanel />
    </>
  ),
} satisfies Meta<typeof HealthPanel>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Too little was seen to say more. */
export const Unknown: Story = {
  play: ({ canvasElement }) => expectStates(canvasElement, 'healthy: insufficient-data'),
};

/** Within its thresholds. */
export const Healthy: Story = {
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Search fast' }));
    await expectStates(canvasElement, 'healthy: within-thresholds');
  },
};

/** Above a threshold: the host is told, and version 2 stays. */
export const Degraded: Story = {
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Search slowly' }));
    await expectStates(canvasElement, /^degraded: maxLatencyMs 300 of 200, 5 samples$/);
    await expect(canvas.getByText('Version 2 is on the screen.')).toBeVisible();
  },
};

/** Above twice the threshold: the breaker opens, and version 1 is on the screen before the next paint. */
export const Critical: Story = {
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Search for ages' }));
    await expectStates(canvasElement, /^critical: maxLatencyMs 900 of 400, 5 samples$/);
    await expect(await canvas.findByText('Version 1 is on the screen.')).toBeVisible();
  },
};

/** The stream broke three times within a minute, and works. */
export const ConnectionDegraded: Story = connected('degraded', 'Degraded: live, but it failed often of late');

/** The stream is blocked; requests are answered. */
export const ConnectionPolling: Story = connected('polling', 'Polling: changes arrive within seconds');

/** The network is gone. */
export const ConnectionOffline: Story = connected('offline', 'Offline: showing what is known');

/** A story of a client whose source is in a state. */
function connected(status: Exclude<ConnectionQuality, 'closed'>, text: string): Story {
  const source: Source = {
    name: 'story',
    storageKey: null,
    dependsOnContext: false,
    start(listener) {
      listener.status(status);
      return () => {};
    },
  };
  const features = { memoryPanel: {} };
  return {
    parameters: scene(null),
    render: () => (
      <SwitchbackProvider features={features} source={source} storage={false}>
        <HealthPanel />
      </SwitchbackProvider>
    ),
    play: ({ canvasElement }) => expectStates(canvasElement, 'healthy: insufficient-data', text),
  };
}

/** Waits until the panel says so. */
async function expectStates(
  canvasElement: HTMLElement,
  health: string | RegExp,
  connection: string | RegExp = 'Static: nothing changes',
): Promise<void> {
  await waitFor(
    async () => {
      const panel = within(within(canvasElement).getByRole('status'));
      await expect(panel.getByText(health)).toBeVisible();
      await expect(panel.getByText(connection)).toBeVisible();
    },
    { timeout: 5_000 },
  );
}
