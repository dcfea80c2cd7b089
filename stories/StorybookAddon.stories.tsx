import { Description, Stories, Title } from '@storybook/addon-docs/blocks';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { versioned } from 'react-switchback';
import { Versions, type SwitchbackParameters } from 'react-switchback/storybook';
import { expect } from 'storybook/test';
import { CardSkeleton } from './CardSkeleton.js';
import { expectsConsole } from './expectsConsole.js';
import { loadV2 } from './loaders.js';
import { MemoryCard } from './MemoryCard.js';
import { expectCard } from './seen.js';

const MemoryPanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadV2, loading: <CardSkeleton /> });

/** The features of these stories come from `parameters.switchback` alone. */
const switchback = (parameters: Omit<SwitchbackParameters, 'features'> = {}) => ({
  switchback: {
    features: { memoryPanel: { description: 'Search, kinds and ages', percentage: 25, config: { pageSize: 20 } } },
    ...parameters,
  } satisfies SwitchbackParameters,
});

const meta = {
  title: 'Storybook addon',
  component: MemoryPanel,
  parameters: {
    ...switchback(),
    docs: {
      page: () => (
        <>
          <Title />
          <Description />
          <Versions of={AsDecided} />
          <Stories includePrimary={false} title="Stories" />
        </>
      ),
    },
  },
} satisfies Meta<typeof MemoryPanel>;

export default meta;
type Story = StoryObj<typeof meta>;

/** The toolbar says what is shown; until then the percentage decides: `user-1` has bucket 81. */
export const AsDecided: Story = {
  play: ({ canvasElement }) => expectCard(canvasElement, 'v1').then(() => {}),
};

/** A user whose bucket, 6.23, is below the percentage. */
export const AnotherUser: Story = {
  parameters: switchback({ context: { targetingKey: 'user-5' } }),
  play: ({ canvasElement }) => expectCard(canvasElement, 'v2').then(() => {}),
};

/** Pinned by the story: what the toolbar says has no effect here. */
export const PinnedV2: Story = {
  name: 'Pinned to v2',
  globals: { switchback: 'v2' },
  play: ({ canvasElement }) => expectCard(canvasElement, 'v2').then(() => {}),
};

/** Both, for two people who compare. */
export const SideBySide: Story = {
  globals: { switchback: 'both' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByRole('region', { name: 'Memory v1' })).toBeVisible();
    await expect(await canvas.findByRole('region', { name: 'Memory v2' }, { timeout: 5_000 })).toBeVisible();
  },
};

/** Version 2 throws as it is rendered, because the story says so. */
export const FailsInRender: Story = {
  globals: { switchback: 'v2' },
  parameters: { ...switchback({ fail: ['memoryPanel'] }), ...expectsConsole(/fails on purpose/) },
  play: ({ canvasElement }) => expectCard(canvasElement, 'v1').then(() => {}),
};

/** Version 2 throws in an effect. */
export const FailsInAnEffect: Story = {
  globals: { switchback: 'v2' },
  parameters: { ...switchback({ fail: { memoryPanel: 'effect' } }), ...expectsConsole(/fails on purpose/) },
  play: ({ canvasElement }) => expectCard(canvasElement, 'v1').then(() => {}),
};

/** Version 2 cannot be imported. */
export const LoadFails: Story = {
  globals: { switchback: 'v2' },
  parameters: switchback({ fail: { memoryPanel: 'load' } }),
  play: ({ canvasElement }) => expectCard(canvasElement, 'v1').then(() => {}),
};

/** Version 2 takes its time. */
export const Late: Story = {
  globals: { switchback: 'v2' },
  parameters: switchback({ delayMs: 300 }),
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expectCard(canvasElement, 'v2');
  },
};
