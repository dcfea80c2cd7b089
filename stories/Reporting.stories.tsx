import type { Meta, StoryObj } from '@storybook/react-vite';
import { useState, type ReactNode } from 'react';
import { FeatureGate, useFallbackBoundary, useFeatureReporter } from 'react-switchback';
import { expect, waitFor } from 'storybook/test';
import { MemoryCard } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted } from './seen.js';

/** Failures that no boundary of React sees: those of event handlers and promises. */
const meta = {
  title: 'Reporting',
  component: FeatureGate,
  args: { feature: 'memoryPanel', fallback: <MemoryCard />, children: <SavingCard /> },
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

/** A handler of version 2 that `wrap` watches fails: it counts, and version 2 stays. */
export const V2Stays: Story = {
  name: 'V2 Stays',
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Save' }));
    await expect(await canvas.findByText('Could not save: offline')).toBeVisible();
    await expectCard(canvasElement, 'v2');
    await expectCounted(canvasElement, { 'v2 failed': 'event' });
  },
};

/** With `fallback: true` version 1 takes over. It can offer a way back. */
export const V1TakesOver: Story = {
  name: 'V1 Takes Over',
  args: { fallback: <CardWithWayBack />, children: <SavingCard fallback /> },
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Save' }));
    await expectCard(canvasElement, 'v1');
    await expect(canvas.getByText('The new panel is away: offline')).toBeVisible();
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 failed': 'event', 'v1 shown': '1' });
    await userEvent.click(canvas.getByRole('button', { name: 'Try it again' }));
    await expectCard(canvasElement, 'v2');
    await waitFor(() => expectCounted(canvasElement, { 'v2 tried': '2' }));
  },
};

function SavingCard({ fallback = false }: { readonly fallback?: boolean }): ReactNode {
  const { wrap } = useFeatureReporter('memoryPanel');
  const [problem, setProblem] = useState('');
  const save = wrap(() => Promise.reject(new Error('offline')), { fallback });
  return (
    <>
      <MemoryCardV2 />
      <p className="card-row">
        <button type="button" onClick={() => void save().catch((error: Error) => setProblem(error.message))}>
          Save
        </button>
        {problem === '' ? null : <span role="alert">Could not save: {problem}</span>}
      </p>
    </>
  );
}

function CardWithWayBack(): ReactNode {
  const { error, reset } = useFallbackBoundary();
  return (
    <>
      <MemoryCard />
      {error instanceof Error ? (
        <p className="card-row">
          <span>The new panel is away: {error.message}</span>
          <button type="button" onClick={reset}>
            Try it again
          </button>
        </p>
      ) : null}
    </>
  );
}
