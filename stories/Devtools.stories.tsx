import type { Meta, StoryObj } from '@storybook/react-vite';
import { useEffect, useState, type ReactNode } from 'react';
import {
  createSwitchback,
  defineFeatures,
  FeatureGate,
  SwitchbackProvider,
  type SwitchbackClient,
  type Version,
} from 'react-switchback';
import { SwitchbackDevtools } from 'react-switchback/devtools';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { expectsConsole } from './expectsConsole.js';
import { scene } from './Scene.js';
import { themeOf } from './Stage.js';

const features = defineFeatures({
  memoryPanel: { owner: 'web', description: 'Memories in pages of 50.' },
  sessionsList: { owner: 'web' },
  searchBox: {},
});

interface DevtoolsPageProps {
  /** What is forced in this browser. */
  readonly forced: Version | null;
  readonly theme: 'light' | 'dark';
}

function createClient(forced: Version | null): SwitchbackClient {
  const rule = { enabled: true, percentage: 100 };
  const client = createSwitchback({
    features,
    initial: {
      schema: 1,
      kind: 'rules',
      epoch: 1,
      revision: 12,
      kills: ['searchBox'],
      features: { memoryPanel: rule, sessionsList: { ...rule, percentage: 0 }, searchBox: { ...rule, enabled: false } },
    },
    context: { targetingKey: 'user-1', region: 'eu' },
    storage: false,
    overrides: { allow: 'all' },
    settleMs: 100,
  });
  client.setOverride('memoryPanel', forced);
  return client;
}

/** A page with three features and the devtools. */
function DevtoolsPage({ forced, theme }: DevtoolsPageProps): ReactNode {
  const [client] = useState(() => createClient(forced));
  useEffect(() => () => client.close(), [client]);
  return (
    <SwitchbackProvider client={client}>
      <FeatureGate feature="memoryPanel" fallback={<p>Version 1 is on the screen.</p>}>
        <p>Version 2 is on the screen.</p>
      </FeatureGate>
      <SwitchbackDevtools theme={theme} />
    </SwitchbackProvider>
  );
}

/**
 * `<SwitchbackDevtools/>` says of every feature which version is there and why, forces versions, moves the breaker and makes
 * version 2 fail. No production build has it.
 */
const meta = {
  title: 'Devtools',
  component: DevtoolsPage,
  args: { forced: null, theme: 'light' },
  parameters: { ...scene(null), docs: { story: { inline: false, height: '720px' } } },
  render: (args, { globals }) => <DevtoolsPage {...args} theme={themeOf(globals)} />,
} satisfies Meta<typeof DevtoolsPage>;

export default meta;
type Story = StoryObj<typeof meta>;

/** A button in the corner. */
export const Closed: Story = {
  play: async () => {
    await expect(await launcher()).toHaveAccessibleName('Switchback');
  },
};

/** Each feature's version, and the rule that decided. */
export const Open: Story = {
  play: async () => {
    const panel = await openPanel();
    await expect(panel.getByText(/^Bucket \d+ of 10000 is below 10000 \(100 %\)\.$/)).toBeVisible();
    await expect(panel.getByText('The feature is disabled. Nothing local outranks that.')).toBeVisible();
  },
};

/** What is forced here is said at all times, also while the panel is closed. */
export const Forced: Story = {
  args: { forced: 'v1' },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Version 1 is on the screen.')).toBeVisible();
    await expect(await launcher()).toHaveAccessibleName('Switchback 1 override');
    const panel = await openPanel();
    await userEvent.click(panel.getByRole('button', { name: 'Clear all' }));
    await expect(await canvas.findByText('Version 2 is on the screen.')).toBeVisible();
  },
};

/** Version 2 throws where it is, and version 1 takes its place as it would in earnest. */
export const MadeToFail: Story = {
  parameters: expectsConsole(/v2 of memoryPanel fails on purpose/),
  play: async ({ canvas }) => {
    const panel = await openPanel();
    const [what] = panel.getAllByRole('combobox', { name: 'What v2 does' });
    await userEvent.selectOptions(what!, 'throws while rendering');
    await expect(await canvas.findByText('Version 1 is on the screen.')).toBeVisible();
    await expect(await panel.findByText('v1, in place of a v2 that failed')).toBeVisible();
  },
};

function tree(): HTMLElement {
  const element = document.querySelector('switchback-devtools')?.shadowRoot?.firstElementChild;
  if (!(element instanceof HTMLElement)) throw new Error('the devtools are not there yet');
  return element;
}

const launcher = (): Promise<HTMLElement> =>
  waitFor(() => within(tree()).getByRole('button', { name: /^Switchback/ }), { timeout: 10_000 });

async function openPanel() {
  await userEvent.click(await launcher());
  return within(await within(tree()).findByRole('region', { name: 'Switchback devtools' }));
}
