import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, waitFor } from 'storybook/test';
import { MemoryMove } from '../demo/src/migrate/MemoryMove.js';
import { scene } from './Scene.js';

/** The memory panel's data moves from localStorage to IndexedDB, stage by stage, while somebody writes all the time. */
const meta = {
  title: 'Migrate',
  component: MemoryMove,
  args: { name: 'story-move' },
  parameters: scene(null),
} satisfies Meta<typeof MemoryMove>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Live on IndexedDB, which breaks; after the rollback nothing is lost. */
export const RolledBack: Story = {
  name: 'Rolled Back',
  args: { name: 'story-move-rolled-back' },
  play: async ({ canvas, userEvent }) => {
    const figure = (label: string) => Number(canvas.getByText(label).nextElementSibling?.textContent);
    const press = async (name: string) =>
      userEvent.click(await canvas.findByRole('button', { name }, { timeout: 10_000 }));
    const isAt = (stage: string) =>
      waitFor(() => expect(canvas.getByText(stage)).toHaveAttribute('aria-current', 'step'), { timeout: 5_000 });
    await press('Next stage');
    await isAt('dualwrite');
    await waitFor(() => expect(figure('In IndexedDB')).toBeGreaterThan(0), { timeout: 5_000 });
    await press('Next stage');
    await isAt('shadow');
    // v2 lacks what was written before: no further until it was copied.
    await press('Next stage');
    await waitFor(() => expect(canvas.getByText(/^Waiting: live: v2 lacks/)).toBeVisible(), { timeout: 5_000 });
    await press('Copy and compare');
    const bar = canvas.getByRole('progressbar', { name: 'Copying memories' });
    await waitFor(
      () => expect(bar).toHaveAttribute('aria-valuetext', expect.stringMatching(/^(\d+) of \1 records verified$/)),
      {
        timeout: 10_000,
      },
    );
    await expect(canvas.getByText('Copied and verified.')).toBeVisible();
    await expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(window.innerWidth);
    await isAt('live');
    await press('Break IndexedDB');
    await waitFor(() => expect(figure('Writes refused')).toBeGreaterThan(0), { timeout: 5_000 });
    await press('Roll back');
    await isAt('off');
    const kept = figure('Writes kept');
    await waitFor(() => expect(figure('Writes kept')).toBeGreaterThan(kept + 2), { timeout: 10_000 });
    await expect(figure('Memories lost')).toBe(0);
  },
};
