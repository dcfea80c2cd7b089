import type { Meta, StoryObj } from '@storybook/react-vite';
import { versioned } from 'react-switchback';
import { expect } from 'storybook/test';
import { BrokenV1 } from './brokenCards.js';
import { CardSkeleton } from './CardSkeleton.js';
import { expectsConsole } from './expectsConsole.js';
import { loadBreaksInEffect, loadBreaksInRender, loadForever, loadNothing, loadV2 } from './loaders.js';
import { memories } from './memories.js';
import { MemoryCard } from './MemoryCard.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted } from './seen.js';

const loading = <CardSkeleton />;
const MemoryPanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadV2 });
const LatePanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadForever, loading, timeoutMs: 600_000 });
const GonePanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadNothing, loading, retries: 0 });
const RenderFailsPanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadBreaksInRender });
const EffectFailsPanel = versioned('memoryPanel', { v1: MemoryCard, v2: loadBreaksInEffect });
const BothFailPanel = versioned('memoryPanel', { v1: BrokenV1, v2: loadBreaksInRender, loading });

/**
 * One component of two versions, with v1's props:
 * `const MemoryPanel = versioned('memoryPanel', { v1: MemoryCard, v2: () => import('./MemoryCardV2') })`.
 */
const meta = {
  title: 'versioned',
  component: MemoryPanel,
  args: { items: memories },
  argTypes: { items: { control: false } },
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof MemoryPanel>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 1 is published: version 2's code is not fetched. */
export const V1: Story = {
  name: 'V1',
  parameters: scene({ shows: 'v1' }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' });
  },
};

/** Version 2 is published: its code is fetched, and it gets the same props. */
export const V2: Story = {
  name: 'V2',
  args: { items: memories.slice(0, 3) },
  play: async ({ canvas, canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expect(canvas.getByRole('status')).toHaveTextContent('3 saved');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': '0' });
  },
};

/** What two users see at the same time, from one call site. */
export const SideBySide: Story = {
  parameters: scene({ shows: 'both' }),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('region', { name: 'Memory v2' })).toBeVisible();
    await expect(canvas.getByRole('region', { name: 'Memory v1' })).toBeVisible();
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' }, 'Counted for users of v1');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 shown': '1' }, 'Counted for users of v2');
  },
};

/** Version 2's code is on its way. */
export const Loading: Story = {
  render: (props) => <LatePanel {...props} />,
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expect(canvas.queryByRole('region')).toBeNull();
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** Version 2's code cannot be had. */
export const LoadFails: Story = {
  render: (props) => <GonePanel {...props} />,
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** Version 2 throws as it is rendered. */
export const RenderFails: Story = {
  render: (props) => <RenderFailsPanel {...props} />,
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ canvasElement }) => {
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
    await expectCard(canvasElement, 'v1');
  },
};

/** Version 2 was on the screen when one of its effects threw. */
export const EffectFails: Story = {
  render: (props) => <EffectFailsPanel {...props} />,
  parameters: expectsConsole(/v2 broke in an effect/),
  play: async ({ canvasElement }) => {
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'effect' });
    await expectCard(canvasElement, 'v1');
  },
};

/** Both versions throw: v1's own error goes to the host's error boundary, which shows the host's message. */
export const BothFail: Story = {
  render: (props) => <BothFailPanel {...props} />,
  parameters: expectsConsole(/v2 broke while rendering/, /v1 broke as well/),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('alert')).toHaveTextContent('This part of the page is not available');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Version 2 becomes available while somebody uses v1: a mounted component stays where it is. */
export const HeldUpgrade: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    const draft = canvas.getByRole('textbox', { name: 'New memory' });
    await userEvent.type(draft, 'Half a memory');
    canvas.getByRole('button', { name: 'Publish v2' }).click();
    await expectCounted(canvasElement, { decision: 'v2 STATIC', 'v2 tried': '0' });
    await expectCard(canvasElement, 'v1');
    await expect(draft).toHaveValue('Half a memory');
    await expect(draft).toHaveFocus();
  },
};

/** Version 2 failed three times in this browser: its breaker is open, and its code is not fetched. */
export const Tripped: Story = {
  parameters: scene({
    shows: 'v2',
    before: (client) => {
      for (const what of ['first', 'second', 'third'])
        client.reportFailure('memoryPanel', new Error(`v2 failed for the ${what} time`));
    },
  }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { decision: 'v1 CIRCUIT_OPEN', 'v2 tried': '0', 'kept on v1': '1' });
  },
};

/** Somebody forces version 2 in this browser. */
export const Overridden: Story = {
  parameters: scene({
    shows: 'v1',
    options: { overrides: { allow: 'all' } },
    before: (client) => void client.setOverride('memoryPanel', 'v2'),
  }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { decision: 'v2 OVERRIDE', 'v2 tried': '0', overridden: '1' });
  },
};

/** The feature is rolled back while version 2 is in use. */
export const RolledBackLive: Story = {
  parameters: scene({ shows: 'v2', controls: ['rollBack'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    const rollBack = canvas.getByRole('button', { name: 'Roll back' });
    await userEvent.click(rollBack);
    await expectCard(canvasElement, 'v1');
    await expect(rollBack).toHaveFocus();
    await expectCounted(canvasElement, { decision: 'v1 ROLLED_BACK', 'v1 shown': '1', 'v2 failed': '0' });
  },
};
