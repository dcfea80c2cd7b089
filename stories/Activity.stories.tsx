import type { Meta, StoryObj } from '@storybook/react-vite';
import { useSyncExternalStore, type ReactNode } from 'react';
import { FeatureGate, useActivityTracker, type ActivityEvent } from 'react-switchback';
import { expect } from 'storybook/test';
import { MemoryCard } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';
import { scene } from './Scene.js';

/** What somebody did with a version: elements by tag, role and `data-activity`, never text or values. */
const meta = {
  title: 'Activity',
  component: Watched,
  parameters: { ...scene({ shows: 'v2', controls: ['rollBack'] }) },
} satisfies Meta<typeof Watched>;

export default meta;
type Story = StoryObj<typeof meta>;

/** What is typed stays where it is typed. */
export const Typing: Story = {
  play: async ({ canvas, userEvent }) => {
    await userEvent.type(await canvas.findByLabelText('Note'), 'secret');
    await userEvent.click(canvas.getByRole('button', { name: 'Save the note' }));
    await canvas.findByText('click on save with v2');
    await expect(canvas.getByText('click on input with v2')).toBeVisible();
    await expect(canvas.getByRole('list', { name: 'Activity' })).not.toHaveTextContent('secret');
  },
};

/** A rollback empties the list and ends the tracking at once. */
export const RolledBack: Story = {
  name: 'Rolled Back',
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Save the note' }));
    await canvas.findByText('click on save with v2');
    await userEvent.click(canvas.getByRole('button', { name: 'Roll back' }));
    await expect(await canvas.findByText('Off: feature-off')).toBeVisible();
    await expect(canvas.queryByRole('list', { name: 'Activity' })).toBeNull();
  },
};

const none: readonly ActivityEvent[] = [];

function Watched(): ReactNode {
  const tracker = useActivityTracker({ feature: 'memoryPanel', samplingRate: 1 });
  const events = useSyncExternalStore(tracker.subscribe, tracker.events, () => none);
  const status = useSyncExternalStore(tracker.subscribe, tracker.status, tracker.status);
  return (
    <>
      <FeatureGate feature="memoryPanel" fallback={<MemoryCard />}>
        <MemoryCardV2 />
      </FeatureGate>
      <p className="card-row">
        <label>
          Note <input type="text" />
        </label>
        <button type="button" data-activity="save">
          Save the note
        </button>
      </p>
      {status.state === 'off' ? (
        <p>Off: {status.because}</p>
      ) : (
        <ol aria-label="Activity">
          {events.map((event) => (
            <li key={event.seq}>{describe(event)}</li>
          ))}
        </ol>
      )}
    </>
  );
}

function describe(event: ActivityEvent): string {
  const what = event.kind === 'click' ? (event.element.data?.['data-activity'] ?? event.element.tag) : 'the page';
  return `${event.kind} on ${what} with ${event.version}`;
}
