import type { Meta, StoryObj } from '@storybook/react-vite';
import { useState, type ReactNode } from 'react';
import { FallbackBoundary, lazyVersion, type FallbackProps } from 'react-switchback';
import { expect, fn, waitFor } from 'storybook/test';
import { BreaksInEffect, BreaksInRender, BrokenV1 } from './brokenCards.js';
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
  title: 'FallbackBoundary',
  component: FallbackBoundary,
  args: { feature: 'memoryPanel', fallback: <MemoryCard />, children: <MemoryCardV2 />, onFallback: fn() },
  argTypes: {
    feature: { control: false },
    fallback: { control: false, description: 'v1, as an element.' },
    fallbackRender: { control: false, description: 'v1, as a function of what was thrown.' },
    FallbackComponent: { control: false, description: 'v1, as a component that is told what was thrown.' },
    loading: { control: false },
    resetKeys: { control: false },
    children: { control: false },
    onError: { control: false },
    onFallback: { control: false },
  },
  parameters: { ...scene({ shows: 'v2' }) },
} satisfies Meta<typeof FallbackBoundary>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 2 works: the boundary is not seen. */
export const V2: Story = {
  name: 'V2',
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': '0' });
    await expect(args.onFallback).not.toHaveBeenCalled();
  },
};

/** Version 1 is published, and the boundary still shows its children: asking whether a feature is on is a gate's work. */
export const DoesNotGate: Story = {
  parameters: scene({ shows: 'v1' }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { decision: 'v1 STATIC', 'v2 tried': '1', 'v2 shown': '1' });
  },
};

/** Version 2's code is on its way. */
export const Loading: Story = {
  args: { children: <LateMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expect(canvas.queryByRole('region')).toBeNull();
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** Version 2's code cannot be had. */
export const LoadFails: Story = {
  args: { children: <GoneMemoryCard />, loading: <CardSkeleton /> },
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
    await expect(args.onFallback).toHaveBeenCalledTimes(1);
    await expect(args.onFallback).toHaveBeenCalledWith(expect.objectContaining({ phase: 'load' }));
  },
};

/** Version 2 throws as it is rendered. */
export const RenderFails: Story = {
  args: { children: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
    await expect(args.onFallback).toHaveBeenCalledTimes(1);
    await expect(args.onFallback).toHaveBeenCalledWith(
      expect.objectContaining({ feature: 'memoryPanel', phase: 'render' }),
    );
  },
};

/** Version 2 was on the screen when one of its effects threw. */
export const EffectFails: Story = {
  args: { children: <BreaksInEffect /> },
  parameters: expectsConsole(/v2 broke in an effect/),
  play: async ({ args, canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'effect' });
    await expect(args.onFallback).toHaveBeenCalledTimes(1);
    await expect(args.onFallback).toHaveBeenCalledWith(expect.objectContaining({ phase: 'effect' }));
  },
};

/** Both throw: the fallback's error goes to the host's error boundary, which shows the host's message. */
export const BothFail: Story = {
  args: { fallback: <BrokenV1 />, children: <BreaksInRender /> },
  parameters: expectsConsole(/v2 broke while rendering/, /v1 broke as well/),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('alert')).toHaveTextContent('This part of the page is not available');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
  },
};

/** Without `feature` it needs no provider, and nothing is counted. */
export const WithoutFeature: Story = {
  args: { feature: undefined, children: <BreaksInRender /> },
  parameters: { ...scene(null), ...expectsConsole(/v2 broke while rendering/) },
  play: async ({ args, canvas, canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expect(canvas.queryByRole('group')).toBeNull();
    await waitFor(() => expect(args.onFallback).toHaveBeenCalledTimes(1));
    await expect(args.onFallback).toHaveBeenCalledWith(expect.objectContaining({ feature: null, phase: 'render' }));
  },
};

/** A fallback that is told what was thrown and can try again, as `FallbackComponent`. */
export const TriesAgain: Story = {
  parameters: expectsConsole(/offline/),
  render: () => <MendablePanel />,
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expect(await canvas.findByText('The new panel failed: offline')).toBeVisible();
    await userEvent.click(canvas.getByRole('checkbox', { name: 'Online' }));
    await userEvent.click(canvas.getByRole('button', { name: 'Try again' }));
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v2 tried': '2', 'v2 shown': '1', 'v2 failed': 'render' });
  },
};

/** A failure is forgotten when one of `resetKeys` changes, such as the page's address. */
export const ResetByKey: Story = {
  parameters: expectsConsole(/offline/),
  render: () => <MendablePanel resetsByKey />,
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expect(await canvas.findByText('The new panel failed: offline')).toBeVisible();
    await userEvent.click(canvas.getByRole('checkbox', { name: 'Online' }));
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v2 tried': '2', 'v2 shown': '1', 'v2 failed': 'render' });
  },
};

function MendablePanel({ resetsByKey = false }: { readonly resetsByKey?: boolean }): ReactNode {
  const [isOnline, setIsOnline] = useState(false);
  return (
    <>
      <label className="choice">
        <input type="checkbox" checked={isOnline} onChange={(event) => setIsOnline(event.target.checked)} /> Online
      </label>
      <FallbackBoundary
        feature="memoryPanel"
        FallbackComponent={FailureCard}
        resetKeys={resetsByKey ? [isOnline] : undefined}
      >
        <NeedsNetwork isOnline={isOnline} />
      </FallbackBoundary>
    </>
  );
}

function NeedsNetwork({ isOnline }: { readonly isOnline: boolean }): ReactNode {
  if (!isOnline) throw new Error('offline');
  return <MemoryCardV2 />;
}

function FailureCard({ error, reset }: FallbackProps): ReactNode {
  return (
    <div className="card">
      <p>The new panel failed: {error instanceof Error ? error.message : String(error)}</p>
      <p className="card-row">
        <button type="button" onClick={reset}>
          Try again
        </button>
      </p>
    </div>
  );
}
