import type { Meta, StoryObj } from '@storybook/react-vite';
import { FeatureGate, lazyVersion } from 'react-switchback';
import { expect } from 'storybook/test';
import { BreaksInEffect, BreaksInRender, BreaksInUse, BrokenV1 } from './brokenCards.js';
import { CardSkeleton } from './CardSkeleton.js';
import { expectsConsole } from './expectsConsole.js';
import { loadForever, loadNothing } from './loaders.js';
import { MemoryCard } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';
import { named } from './named.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted } from './seen.js';

const LateMemoryCard = named('LateMemoryCard', lazyVersion(loadForever, { timeoutMs: 600_000 }));
const GoneMemoryCard = named('GoneMemoryCard', lazyVersion(loadNothing, { retries: 0 }));

const meta = {
  title: 'FeatureGate',
  component: FeatureGate,
  args: { feature: 'memoryPanel', fallback: <MemoryCard />, children: <MemoryCardV2 /> },
  argTypes: {
    feature: { control: false },
    fallback: { control: false },
    loading: { control: false },
    children: { control: false },
    onError: { control: false },
    onFallback: { control: false },
  },
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof FeatureGate>;

export default meta;
type Story = StoryObj<typeof meta>;

/** The feature is off for this user: `fallback` is shown, and version 2 is not even tried. */
export const V1: Story = {
  name: 'V1',
  parameters: scene({ shows: 'v1' }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' });
  },
};

/** The feature is on for this user: the children are shown. */
export const V2: Story = {
  name: 'V2',
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    await userEvent.type(canvas.getByRole('searchbox'), 'atlas');
    await expect(canvas.getByRole('status')).toHaveTextContent('1 of 5');
    await userEvent.clear(canvas.getByRole('searchbox'));
    await expect(canvas.getByRole('status')).toHaveTextContent('5 saved');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': '0' });
  },
};

/** What two users see at the same time. */
export const SideBySide: Story = {
  parameters: scene({ shows: 'both' }),
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('region', { name: 'Memory v1' })).toBeVisible();
    await expect(canvas.getByRole('region', { name: 'Memory v2' })).toBeVisible();
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' }, 'Counted for users of v1');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 shown': '1' }, 'Counted for users of v2');
  },
};

/** Version 2's code is on its way, and the gate was given something to show meanwhile. Without `loading` it shows v1. */
export const Loading: Story = {
  args: { children: <LateMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expect(canvas.queryByRole('region')).toBeNull();
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** Version 2's code cannot be had, as after a deployment that removed it. */
export const LoadFails: Story = {
  args: { children: <GoneMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** Version 2 throws as it is rendered: v1 is on the screen before the next paint. */
export const RenderFails: Story = {
  args: { children: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Version 2 was on the screen when one of its effects threw: it counts as shown and as failed. */
export const EffectFails: Story = {
  args: { children: <BreaksInEffect /> },
  parameters: expectsConsole(/v2 broke in an effect/),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'effect' });
  },
};

/** Version 2 breaks while it is used. What stands beside it keeps its text and its focus. */
export const FailsInUse: Story = {
  args: { children: <BreaksInUse /> },
  parameters: expectsConsole(/v2 broke in use/),
  render: (args) => (
    <>
      <div className="card-row">
        <input aria-label="Note" placeholder="A note of the page’s own" />
      </div>
      <FeatureGate {...args} />
    </>
  ),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    const note = canvas.getByRole('textbox', { name: 'Note' });
    await userEvent.type(note, 'half a sentence');
    const sort = canvas.getByRole('button', { name: 'Sort by age' });
    note.focus();
    // By program: a pointer would take the focus along.
    sort.click();
    await expectCard(canvasElement, 'v1');
    await expect(note).toHaveValue('half a sentence');
    await expect(note).toHaveFocus();
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'render' });
  },
};

/** Both versions throw: v1's own error goes to the host's error boundary, which shows the host's message. */
export const BothFail: Story = {
  args: { fallback: <BrokenV1 />, children: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/, /v1 broke as well/),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('alert')).toHaveTextContent('This part of the page is not available');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Version 2 becomes available while somebody uses v1: a mounted gate stays where it is. */
export const HeldUpgrade: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish', 'mountAgain'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    const draft = canvas.getByRole('textbox', { name: 'New memory' });
    await userEvent.click(draft);
    await userEvent.keyboard('Half a mem');
    // By program: a pointer would take the focus along.
    canvas.getByRole('button', { name: 'Publish v2' }).click();
    await expectCounted(canvasElement, { decision: 'v2 STATIC' });
    await userEvent.keyboard('ory');
    await expectCard(canvasElement, 'v1');
    await expect(draft).toHaveValue('Half a memory');
    await expect(draft).toHaveFocus();
    await expectCounted(canvasElement, { 'v2 tried': '0' });
  },
};

/** The upgrade was held, and is taken when the panel is opened again. */
export const UpgradeOnReopen: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish', 'mountAgain'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Publish v2' }));
    await expectCounted(canvasElement, { decision: 'v2 STATIC', 'v2 tried': '0' });
    await userEvent.click(canvas.getByRole('button', { name: 'Open the panel again' }));
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '1', 'v2 shown': '1' });
  },
};

/** Version 2 failed three times in this browser: its breaker is open, and v1 is shown without trying. */
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

/** Somebody forces version 2 in this browser. It is shown, and left out of the numbers. */
export const Overridden: Story = {
  parameters: scene({
    shows: 'v1',
    options: { overrides: { allow: 'all' } },
    before: (client) => void client.setOverride('memoryPanel', 'v2'),
  }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { decision: 'v2 OVERRIDE', 'v2 tried': '0', 'v2 shown': '0', overridden: '1' });
  },
};

/** The feature is rolled back while version 2 is in use: v1 takes its place at once. */
export const RolledBackLive: Story = {
  parameters: scene({ shows: 'v2', controls: ['rollBack'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v2 shown': '1' });
    const rollBack = canvas.getByRole('button', { name: 'Roll back' });
    await userEvent.click(rollBack);
    await expectCard(canvasElement, 'v1');
    await expect(rollBack).toHaveFocus();
    await expectCounted(canvasElement, { decision: 'v1 ROLLED_BACK', 'v1 shown': '1', 'v2 failed': '0' });
  },
};
