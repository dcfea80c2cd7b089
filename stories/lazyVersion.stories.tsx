import type { Meta, StoryObj } from '@storybook/react-vite';
import { FeatureGate, lazyVersion } from 'react-switchback';
import { expect, fn } from 'storybook/test';
import { BrokenV1 } from './brokenCards.js';
import { CardSkeleton } from './CardSkeleton.js';
import { expectsConsole } from './expectsConsole.js';
import { loadBreaksInEffect, loadBreaksInRender, loadForever, loadNothing, loadV2 } from './loaders.js';
import { MemoryCard } from './MemoryCard.js';
import { named } from './named.js';
import { scene } from './Scene.js';
import { expectCard, expectCounted } from './seen.js';

const fetchCode = fn(loadV2);
const fetchAtSecond = fn(loadV2);
const fetchAhead = fn(loadV2);

const LazyCard = named('LazyCard', lazyVersion(fetchCode));
const LateCard = named('LateCard', lazyVersion(loadForever, { timeoutMs: 600_000 }));
const ImpatientCard = named('ImpatientCard', lazyVersion(loadForever, { timeoutMs: 50 }));
const GoneCard = named('GoneCard', lazyVersion(loadNothing, { retries: 0 }));
const RetriedCard = named('RetriedCard', lazyVersion(fetchAtSecond, { retries: 1 }));
const RenderFailsCard = named('RenderFailsCard', lazyVersion(loadBreaksInRender));
const EffectFailsCard = named('EffectFailsCard', lazyVersion(loadBreaksInEffect));

/**
 * A component of code that is fetched when it is wanted:
 * `const MemoryCardV2 = lazyVersion(() => import('./MemoryCardV2'))`.
 */
const meta = {
  title: 'lazyVersion',
  component: FeatureGate,
  args: { feature: 'memoryPanel', fallback: <MemoryCard />, loading: <CardSkeleton />, children: <LazyCard /> },
  argTypes: {
    feature: { control: false },
    fallback: { control: false },
    loading: { control: false },
    children: { control: false },
    onError: { control: false },
    onFallback: { control: false },
  },
  parameters: { ...scene({ shows: 'v2' }) },
  render: (args) => <FeatureGate {...args} />,
} satisfies Meta<typeof FeatureGate>;

export default meta;
type Story = StoryObj<typeof meta>;

/** Version 1 is published: version 2's code is not fetched. */
export const V1: Story = {
  name: 'V1',
  parameters: scene({ shows: 'v1' }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expect(fetchCode).not.toHaveBeenCalled();
  },
};

/** Version 2 is published: its code is fetched once. */
export const V2: Story = {
  name: 'V2',
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expect(fetchCode).toHaveBeenCalledTimes(1);
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '1' });
  },
};

/** What two users see at the same time. */
export const SideBySide: Story = {
  parameters: scene({ shows: 'both' }),
  play: async ({ canvas }) => {
    await expect(await canvas.findByRole('region', { name: 'Memory v2' })).toBeVisible();
    await expect(canvas.getByRole('region', { name: 'Memory v1' })).toBeVisible();
    await expect(fetchCode).toHaveBeenCalledTimes(1);
  },
};

/** The code is on its way. */
export const Loading: Story = {
  args: { children: <LateCard /> },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await expect(canvas.queryByRole('region')).toBeNull();
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** The code is on its way, and version 1 is usable meanwhile: that is what happens without `loading`. */
export const LoadingShowsV1: Story = {
  name: 'Loading Shows V1',
  args: { children: <LateCard />, loading: undefined },
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0' });
  },
};

/** The code cannot be had. */
export const LoadFails: Story = {
  args: { children: <GoneCard /> },
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v1 shown': '1', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** The code does not arrive within `timeoutMs`: that counts as a failed load. */
export const TimesOut: Story = {
  args: { children: <ImpatientCard /> },
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** The first fetch fails and `retries` allows another: nobody notices, and nothing counts as failed. */
export const Retried: Story = {
  args: { children: <RetriedCard /> },
  beforeEach: () => void fetchAtSecond.mockImplementationOnce(loadNothing),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expect(fetchAtSecond).toHaveBeenCalledTimes(2);
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': '0' });
  },
};

/** The code was fetched ahead with `preload()`: version 2 is there from the first frame. */
export const Preloaded: Story = {
  loaders: [
    async () => {
      const PreloadedCard = lazyVersion(fetchAhead);
      await PreloadedCard.preload();
      return { PreloadedCard };
    },
  ],
  render: (args, { loaded: { PreloadedCard } }) => (
    <FeatureGate {...args}>
      <PreloadedCard />
    </FeatureGate>
  ),
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByRole('region', { name: 'Memory v2' })).toBeVisible();
    await expect(fetchAhead).toHaveBeenCalledTimes(1);
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '1' });
  },
};

/** Deeper inside version 2 it suspends, and `loading` fills the time. */
export const DeeperInside: Story = {
  args: {
    children: (
      <div className="deep">
        <LazyCard />
      </div>
    ),
  },
  play: async ({ canvasElement }) => {
    const card = await expectCard(canvasElement, 'v2');
    await expect(card.parentElement).toHaveClass('deep');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '1' });
  },
};

/** The code arrives and throws as it is rendered. */
export const RenderFails: Story = {
  args: { children: <RenderFailsCard /> },
  parameters: expectsConsole(/v2 broke while rendering/),
  play: async ({ canvasElement }) => {
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'render' });
    await expectCard(canvasElement, 'v1');
  },
};

/** The code arrives, is shown, and throws in an effect. */
export const EffectFails: Story = {
  args: { children: <EffectFailsCard /> },
  parameters: expectsConsole(/v2 broke in an effect/),
  play: async ({ canvasElement }) => {
    await expectCounted(canvasElement, { 'v2 tried': '1', 'v2 shown': '1', 'v2 failed': 'effect' });
    await expectCard(canvasElement, 'v1');
  },
};

/** The code cannot be had, and version 1 throws: the host's error boundary shows the host's message. */
export const BothFail: Story = {
  args: { children: <GoneCard />, fallback: <BrokenV1 /> },
  parameters: expectsConsole(/v1 broke as well/),
  play: async ({ canvas, canvasElement }) => {
    await expect(await canvas.findByRole('alert')).toHaveTextContent('This part of the page is not available');
    await expectCounted(canvasElement, { 'v1 shown': '0', 'v2 tried': '1', 'v2 shown': '0', 'v2 failed': 'load' });
  },
};

/** Version 2 becomes available while somebody uses v1: its code is not even fetched. */
export const HeldUpgrade: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    const draft = canvas.getByRole('textbox', { name: 'New memory' });
    await userEvent.type(draft, 'Half a memory');
    canvas.getByRole('button', { name: 'Publish v2' }).click();
    await expectCounted(canvasElement, { decision: 'v2 STATIC', 'v2 tried': '0' });
    await expect(draft).toHaveValue('Half a memory');
    await expect(draft).toHaveFocus();
    await expect(fetchCode).not.toHaveBeenCalled();
  },
};

/** The upgrade was held: the code is fetched when the panel is opened again. */
export const UpgradeOnReopen: Story = {
  parameters: scene({ shows: 'v1', controls: ['publish', 'mountAgain'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Publish v2' }));
    await expectCounted(canvasElement, { decision: 'v2 STATIC' });
    await expect(fetchCode).not.toHaveBeenCalled();
    await userEvent.click(canvas.getByRole('button', { name: 'Open the panel again' }));
    await expectCard(canvasElement, 'v2');
    await expect(fetchCode).toHaveBeenCalledTimes(1);
  },
};

/** Version 2 failed three times in this browser: its code is not fetched while the breaker is open. */
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
    await expect(fetchCode).not.toHaveBeenCalled();
  },
};

/** Somebody forces version 2 in this browser: its code is fetched, and what becomes of it is left out of the numbers. */
export const Overridden: Story = {
  parameters: scene({
    shows: 'v1',
    options: { overrides: { allow: 'all' } },
    before: (client) => void client.setOverride('memoryPanel', 'v2'),
  }),
  play: async ({ canvasElement }) => {
    await expectCard(canvasElement, 'v2');
    await expect(fetchCode).toHaveBeenCalledTimes(1);
    await expectCounted(canvasElement, { decision: 'v2 OVERRIDE', 'v2 tried': '0', overridden: '1' });
  },
};

/** The feature is rolled back while the code is still on its way: it does not appear when it arrives. */
export const RolledBackLive: Story = {
  args: { children: <LateCard /> },
  parameters: scene({ shows: 'v2', controls: ['rollBack'] }),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await expect(canvas.getByRole('status')).toHaveTextContent('Loading');
    await userEvent.click(canvas.getByRole('button', { name: 'Roll back' }));
    await expectCard(canvasElement, 'v1');
    await expectCounted(canvasElement, {
      decision: 'v1 ROLLED_BACK',
      'v1 shown': '1',
      'v2 shown': '0',
      'v2 failed': '0',
    });
  },
};
