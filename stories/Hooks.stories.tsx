import type { Meta, StoryObj } from '@storybook/react-vite';
import { SwitchbackProvider, type Source } from 'react-switchback';
import { expect, waitFor, within } from 'storybook/test';
import { HookReadings } from './HookReadings.js';
import { scene } from './Scene.js';

/**
 * What the hooks say: `useFeature`, `useFeatureDetails`, `useFeatureConfig`, `useOverride` and `useSwitchbackStatus`.
 * They are live: unlike a gate, they hold nothing back.
 */
const meta = {
  title: 'Hooks',
  component: HookReadings,
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof HookReadings>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 1 is published. */
export const V1: Story = {
  name: 'V1',
  parameters: scene({ shows: 'v1' }),
  play: ({ canvasElement }) =>
    expectReadings(canvasElement, { useFeature: 'false', useFeatureDetails: 'v1, because STATIC' }),
};

/** Version 2 is published. */
export const V2: Story = {
  name: 'V2',
  play: ({ canvasElement }) =>
    expectReadings(canvasElement, {
      useFeature: 'true',
      useFeatureDetails: 'v2, because STATIC',
      useFeatureConfig: '{}',
      useOverride: 'none, not allowed',
      useSwitchbackStatus: 'static, revision 1',
    }),
};

/** Settings are published along with the feature. */
export const Configured: Story = {
  parameters: scene({ shows: 'v2', config: { memoryPanel: { pageSize: 50 } } }),
  play: ({ canvasElement }) => expectReadings(canvasElement, { useFeatureConfig: '{"pageSize":50}' }),
};

/** Version 2 is published while the page is open: the hooks follow at once. */
export const PublishedLive: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectReadings(canvasElement, { useFeature: 'false' });
    await userEvent.click(canvas.getByRole('button', { name: 'Publish v2' }));
    await expectReadings(canvasElement, { useFeature: 'true', useSwitchbackStatus: 'static, revision 2' });
  },
};

/** Version 2 failed three times in this browser. */
export const Tripped: Story = {
  parameters: scene({
    shows: 'v2',
    before: (client) => {
      for (const what of ['first', 'second', 'third'])
        client.reportFailure('memoryPanel', new Error(`v2 failed for the ${what} time`));
    },
  }),
  play: ({ canvasElement }) =>
    expectReadings(canvasElement, { useFeature: 'false', useFeatureDetails: 'v1, because CIRCUIT_OPEN' }),
};

/** A version is forced in this browser, and followed again. */
export const Overridden: Story = {
  parameters: scene({ shows: 'v1', options: { overrides: { allow: 'all' } } }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectReadings(canvasElement, { useOverride: 'none, allowed' });
    await userEvent.click(canvas.getByRole('button', { name: 'Follow' }));
    await expectReadings(canvasElement, { useOverride: 'none, allowed' });
    await userEvent.click(canvas.getByRole('button', { name: 'Force v2' }));
    await expectReadings(canvasElement, {
      useFeature: 'true',
      useFeatureDetails: 'v2, because OVERRIDE',
      useOverride: 'v2, allowed',
    });
  },
};

/** The feature is rolled back while the page is open, with a version forced: a kill outranks everything local. */
export const RolledBackLive: Story = {
  parameters: scene({ shows: 'v2', options: { overrides: { allow: 'all' } }, controls: ['rollBack'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Force v2' }));
    await expectReadings(canvasElement, { useFeatureDetails: 'v2, because OVERRIDE' });
    await userEvent.click(canvas.getByRole('button', { name: 'Roll back' }));
    await expectReadings(canvasElement, {
      useFeature: 'false',
      useFeatureDetails: 'v1, because ROLLED_BACK',
      useSwitchbackStatus: 'static, revision 2',
    });
  },
};

/** Nothing was heard of the service yet: everything is version 1. */
export const Connecting: Story = {
  parameters: scene(null),
  render: () => (
    <SwitchbackProvider features={{ memoryPanel: {} }} source={silentSource} storage={false}>
      <HookReadings />
    </SwitchbackProvider>
  ),
  play: ({ canvasElement }) =>
    expectReadings(canvasElement, {
      useFeature: 'false',
      useFeatureDetails: 'v1, because DEFAULT',
      useSwitchbackStatus: 'connecting, no revision',
    }),
};

/** The service is out of reach. */
export const Offline: Story = {
  parameters: scene(null),
  render: () => (
    <SwitchbackProvider features={{ memoryPanel: {} }} source={unreachableSource} storage={false}>
      <HookReadings />
    </SwitchbackProvider>
  ),
  play: ({ canvasElement }) =>
    expectReadings(canvasElement, { useFeature: 'false', useSwitchbackStatus: 'offline, no revision' }),
};

const silentSource: Source = { name: 'silent', storageKey: null, dependsOnContext: false, start: () => () => {} };
const unreachableSource: Source = {
  ...silentSource,
  name: 'unreachable',
  start: (listener) => {
    listener.status('offline');
    return () => {};
  },
};

async function expectReadings(canvasElement: HTMLElement, expected: Readonly<Record<string, string>>): Promise<void> {
  const card = within(canvasElement).getByRole('region', { name: 'What the hooks say' });
  for (const [hook, reading] of Object.entries(expected)) {
    const term = within(card).getByText(hook, { selector: 'dt' });
    await waitFor(() => expect(term.nextElementSibling).toHaveProperty('textContent', reading), { timeout: 5_000 });
  }
}
