import type { Meta, StoryObj } from '@storybook/react-vite';
import { FeatureGate, VersionSwitcher } from 'react-switchback';
import { expect, fn, waitFor } from 'storybook/test';
import { BreaksInEffect } from './brokenCards.js';
import { expectsConsole } from './expectsConsole.js';
import { MemoryCard } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted, expectPressed } from './seen.js';
import { BreaksUnderFocus, createWaitingCard, WaitsForEver } from './slowCards.js';

const { WaitingCard, arrive } = createWaitingCard();
const onFallback = fn();

/** What a switch leaves alone: what was typed, where the focus is, what stands around. */
const meta = {
  title: 'What stays',
  component: FeatureGate,
  args: { feature: 'memoryPanel', fallback: <MemoryCard />, children: <MemoryCardV2 /> },
  argTypes: {
    feature: { control: false },
    fallback: { control: false },
    loading: { control: false },
    children: { control: false },
    resetKeys: { control: false },
    onError: { control: false },
    onFallback: { control: false },
    onReset: { control: false },
  },
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof FeatureGate>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 2 was asked for and still waits for its data: version 1 stays, with what is typed into it, until version 2 is ready. */
export const UntilV2IsReady: Story = {
  name: 'Until V2 Is Ready',
  parameters: scene({ shows: 'v1', options: { overrides: { allow: 'all' } } }),
  render: () => <VersionSwitcher feature="memoryPanel" v1={<MemoryCard />} v2={<WaitingCard />} toggle="allowed" />,
  play: async ({ canvas, canvasElement, userEvent }) => {
    const draft = canvas.getByRole('textbox', { name: 'New memory' });
    await userEvent.type(draft, 'Half a memory');
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await expectCounted(canvasElement, { decision: 'v2 OVERRIDE' });
    await expectCard(canvasElement, 'v1');
    await expect(draft).toHaveValue('Half a memory');
    await expectPressed(canvasElement, 'Version 1');
    arrive();
    await expectCard(canvasElement, 'v2');
    await expectPressed(canvasElement, 'Version 2');
  },
};

/** Version 2 waits for longer than `suspendTimeoutMs`: that is a failure, and version 1 goes on with what was typed. */
export const WhenV2NeverIs: Story = {
  name: 'When V2 Never Is',
  parameters: scene({ shows: 'v1', controls: ['publish', 'mountAgain'] }),
  args: { children: <WaitsForEver />, loading: <p role="status">Loading version 2</p>, suspendTimeoutMs: 300 },
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Publish v2' }));
    await userEvent.click(canvas.getByRole('button', { name: 'Open the panel again' }));
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading version 2');
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Version 2 fails right after it took over: with `keepV1="activity"` version 1 comes back with what was typed into it. */
export const WhatWasTyped: Story = {
  parameters: {
    ...scene({ shows: 'v1', options: { overrides: { allow: 'all' } } }),
    ...expectsConsole(/v2 broke in an effect/),
  },
  render: () => (
    <VersionSwitcher
      feature="memoryPanel"
      v1={<MemoryCard />}
      v2={<BreaksInEffect />}
      toggle="allowed"
      keepV1="activity"
      onFallback={onFallback}
    />
  ),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.type(canvas.getByRole('textbox', { name: 'New memory' }), 'Half a memory');
    await userEvent.click(canvas.getByRole('button', { name: 'Version 2' }));
    await waitFor(() => expect(onFallback).toHaveBeenCalled());
    await expectCard(canvasElement, 'v1');
    await expect(canvas.getByRole('textbox', { name: 'New memory' })).toHaveValue('Half a memory');
  },
};

/** Version 2 fails while one of its buttons has the focus: the focus goes to the element around the gate, not to the top of the page. */
export const TheFocus: Story = {
  args: { children: <BreaksUnderFocus /> },
  parameters: expectsConsole(/v2 broke under focus/),
  render: (args) => (
    <div role="group" aria-label="Around the gate">
      <FeatureGate {...args} />
    </div>
  ),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    await userEvent.click(canvas.getByRole('button', { name: 'Group by kind' }));
    await expectCard(canvasElement, 'v1');
    await expect(canvas.getByRole('group', { name: 'Around the gate' })).toHaveFocus();
    await userEvent.tab();
    await expect(canvas.getByRole('textbox', { name: 'New memory' })).toHaveFocus();
  },
};

/** `minHeight` keeps what stands below the gate where it is, whichever version is on the screen. */
export const WhatStandsBelow: Story = {
  args: { minHeight: 680 },
  parameters: scene({ shows: 'v2', controls: ['rollBack'] }),
  render: (args) => (
    <>
      <FeatureGate {...args} />
      <p>What stands below</p>
    </>
  ),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expectCard(canvasElement, 'v2');
    const { top } = canvas.getByText('What stands below').getBoundingClientRect();
    await userEvent.click(canvas.getByRole('button', { name: 'Roll back' }));
    await expectCard(canvasElement, 'v1');
    await expect(canvas.getByText('What stands below').getBoundingClientRect().top).toBe(top);
  },
};
