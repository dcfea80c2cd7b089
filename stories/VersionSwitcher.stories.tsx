import type { Meta, StoryObj } from '@storybook/react-vite';
import { lazyVersion, VersionSwitcher } from 'react-switchback';
import { expect, fn } from 'storybook/test';
import { BreaksInEffect, BreaksInRender, BrokenV1 } from './brokenCards.js';
import { CardSkeleton } from './CardSkeleton.js';
import { expectsConsole } from './expectsConsole.js';
import { loadForever, loadNothing } from './loaders.js';
import { MemoryCard } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';
import { named } from './named.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted, expectPressed } from './seen.js';

const LateMemoryCard = named('LateMemoryCard', lazyVersion(loadForever, { timeoutMs: 600_000 }));
const GoneMemoryCard = named('GoneMemoryCard', lazyVersion(loadNothing, { retries: 0 }));

const meta = {
  title: 'VersionSwitcher',
  component: VersionSwitcher,
  args: { feature: 'memoryPanel', v1: <MemoryCard />, v2: <MemoryCardV2 />, toggle: 'always', onVersionChange: fn() },
  argTypes: {
    feature: { control: false },
    v1: { control: false },
    v2: { control: false },
    loading: { control: false },
    labels: { control: false },
    onError: { control: false },
    onFallback: { control: false },
    toggle: { control: 'inline-radio', options: ['never', 'allowed', 'always'] },
  },
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof VersionSwitcher>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 1 is published. The toggle shows what is on the screen. */
export const V1: Story = {
  name: 'V1',
  parameters: scene({ shows: 'v1' }),
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' });
    await expect(args.onVersionChange).not.toHaveBeenCalled();
  },
};

/** Version 2 is published. */
export const V2: Story = {
  name: 'V2',
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expectPressed(canvasElement, 'Version 2');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1' });
    await expect(args.onVersionChange).not.toHaveBeenCalled();
  },
};

/** Without a toggle, which is the default, it is a gate. */
export const WithoutToggle: Story = {
  args: { toggle: 'never' },
  play: async ({ canvas, canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expect(canvas.queryByRole('group', { name: 'Version' })).toBeNull();
  },
};

/** What two users see at the same time. */
export const SideBySide: Story = {
  args: { toggle: 'never' },
  parameters: scene({ shows: 'both' }),
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('region', { name: 'Memory v1' })).toBeVisible();
    await expect(canvas.getByRole('region', { name: 'Memory v2' })).toBeVisible();
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '0' }, 'Counted for users of v1');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 shown': '1' }, 'Counted for users of v2');
  },
};

/** Where the policy allows no override, `toggle="always"` still lets people look. The words are the host's. */
export const ChosenHere: Story = {
  args: { labels: { group: 'Memory panel', v1: 'Classic', v2: 'New' } },
  play: async ({ args, canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    const classic = canvas.getByRole('button', { name: 'Classic' });
    await userEvent.click(classic);
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Classic', 'Memory panel');
    await expect(classic).toHaveFocus();
    await expect(args.onVersionChange).toHaveBeenCalledTimes(1);
    await expect(args.onVersionChange).toHaveBeenCalledWith('v1');
    await expectCounted(canvasElement, { decision: 'v2 STATIC' });
  },
};

/** A choice without an override ends when the panel is opened again. */
export const ChoiceEnds: Story = {
  parameters: scene({ shows: 'v2', controls: ['mountAgain'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Version 1' }));
    await expectCard(canvasElement, 'v1');
    await userEvent.click(canvas.getByRole('button', { name: 'Open the panel again' }));
    await expectCard(canvasElement, 'v2');
    await expectPressed(canvasElement, 'Version 2');
  },
};

/** Version 2's code is on its way. */
export const Loading: Story = {
  args: { v2: <LateMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expect(canvas.queryByRole('region')).toBeNull();
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** Version 2's code cannot be had. */
export const LoadFails: Story = {
  args: { v2: <GoneMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** Version 2 throws as it is rendered: the toggle says that version 1 is on the screen. */
export const RenderFails: Story = {
  args: { v2: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Somebody presses “Version 2” after it failed: it is tried anew, and as a choice by hand it is left out of the numbers. */
export const TriedAgain: Story = {
  args: { v2: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 failed': 'render' });
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 failed': 'render', overridden: '1' });
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
  },
};

/** Version 2 was on the screen when one of its effects threw. */
export const EffectFails: Story = {
  args: { v2: <BreaksInEffect /> },
  parameters: expectsConsole(/v2 broke in an effect/),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'effect' });
  },
};

/** Both versions throw: v1's own error goes to the host's error boundary, which shows the host's message. */
export const BothFail: Story = {
  args: { v1: <BrokenV1 />, v2: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/, /v1 broke as well/),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('alert')).toHaveTextContent('This part of the page is not available');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Version 2 becomes available while somebody uses v1, who may go over by hand. */
export const HeldUpgrade: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish'] }),
  play: async ({ args, canvas, canvasElement, userEvent }) => {
    const draft = canvas.getByRole('textbox', { name: 'New memory' });
    await userEvent.type(draft, 'Half a memory');
    canvas.getByRole('button', { name: 'Publish v2' }).click();
    await expectCounted(canvasElement, { decision: 'v2 STATIC', 'v2 tried': '0' });
    await expectCard(canvasElement, 'v1');
    await expect(draft).toHaveValue('Half a memory');
    await expect(draft).toHaveFocus();
    await expect(args.onVersionChange).not.toHaveBeenCalled();
  },
};

/** Version 2 failed three times in this browser: its breaker is open, and outranks the toggle. */
export const Tripped: Story = {
  parameters: scene({
    shows: 'v2',
    before: (client) => {
      for (const what of ['first', 'second', 'third'])
        client.reportFailure('memoryPanel', new Error(`v2 failed for the ${what} time`));
    },
  }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v1');
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { decision: 'v1 CIRCUIT_OPEN', 'v2 tried': '0', 'kept on v1': '1' });
  },
};

/** With `toggle="allowed"` and a policy that allows it, the choice is kept for later visits and left out of the numbers. */
export const Overridden: Story = {
  args: { toggle: 'allowed' },
  parameters: scene({ shows: 'v1', options: { overrides: { allow: 'all' } }, controls: ['mountAgain'] }),
  play: async ({ args, canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v1');
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await expectCard(canvasElement, 'v2');
    await expectPressed(canvasElement, 'Version 2');
    await expect(args.onVersionChange).toHaveBeenCalledTimes(1);
    await expect(args.onVersionChange).toHaveBeenCalledWith('v2');
    await expectCounted(canvasElement, { decision: 'v2 OVERRIDE', 'v2 tried': '0', overridden: '1' });
    await userEvent.click(canvas.getByRole('button', { name: 'Open the panel again' }));
    await expectCard(canvasElement, 'v2');
  },
};

/** The feature is rolled back while version 2 is in use. A kill outranks the toggle, too. */
export const RolledBackLive: Story = {
  parameters: scene({ shows: 'v2', controls: ['rollBack'] }),
  play: async ({ args, canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    const rollBack = canvas.getByRole('button', { name: 'Roll back' });
    await userEvent.click(rollBack);
    await expectCard(canvasElement, 'v1');
    await expect(rollBack).toHaveFocus();
    await expect(args.onVersionChange).toHaveBeenCalledTimes(1);
    await expect(args.onVersionChange).toHaveBeenCalledWith('v1');
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await expectCard(canvasElement, 'v1');
    await expectPressed(canvasElement, 'Version 1');
    await expectCounted(canvasElement, { decision: 'v1 ROLLED_BACK', 'v2 failed': '0' });
  },
};
