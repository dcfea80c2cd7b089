import type { Meta, StoryObj } from '@storybook/react-vite';
import { useState } from 'react';
import { FeatureSettings } from 'react-switchback/settings';
import 'react-switchback/settings/styles.css';
import { expect, within } from 'storybook/test';
import { scene } from './Scene.js';
import { createStoryService, refuseWith } from './settingsService.js';

const token = 'only-in-this-story';
const inForce = (actor: string, reason: string | null, id = 7) => [
  { id, timestamp: '2027-01-11T09:30:00.000Z', endedAt: null, actor, reason },
];

/** Settings > Features. Users try version 2 and go back; operators change it for everybody. */
const meta = {
  title: 'FeatureSettings',
  component: FeatureSettings,
  args: {
    features: [{ feature: 'memoryPanel', name: 'Memory panel', description: 'Finds what you read last week.' }],
    locale: 'en-GB',
  },
  argTypes: {
    features: { control: false },
    operator: { control: false },
    labels: { control: false },
    classNames: { control: false },
  },
  parameters: { ...scene({ shows: 'v1', options: { overrides: { allow: 'all' } } }) },
} satisfies Meta<typeof FeatureSettings>;

export default meta;
type Story = StoryObj<typeof meta>;

/** A user who may try version 2, and does. */
export const TryAndGoBack: Story = {
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Try the new version' }));
    await expect(canvas.getByText('You see the new version because you chose it.')).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'Go back to the current version' })).toHaveFocus();
  },
};

/** Where the policy of the provider does not let this user choose. */
export const NotAllowed: Story = {
  parameters: scene({ shows: 'v2', options: { overrides: false } }),
  play: async ({ canvas }) => {
    await expect(canvas.getByText(/You cannot switch here/)).toBeVisible();
    await expect(canvas.queryByRole('button')).toBeNull();
  },
};

/** Turned off for everybody: no choice outranks that. */
export const TurnedOff: Story = {
  parameters: scene({ shows: 'v2', options: { overrides: { allow: 'all' } }, controls: ['rollBack'] }),
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Roll back' }));
    await expect(await canvas.findByText(/You cannot switch now: the new version is turned off/)).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'Try the new version' })).toHaveAttribute('aria-disabled', 'true');
  },
};

/** Version 2 failed in this browser, and rests. */
export const Failing: Story = {
  parameters: scene({
    shows: 'v2',
    options: { overrides: { allow: 'all' } },
    before: (client) => {
      for (let count = 0; count < 3; count++) client.reportFailure('memoryPanel', new Error(`broken ${count}`));
    },
  }),
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/The new version failed here/)).toBeVisible();
  },
};

/** An operator, with a share of users, and the history open. */
export const Operator: Story = {
  args: { operator: { token, fetch: createStoryService().fetch } },
  play: async ({ canvas, userEvent }) => {
    await expect(await canvas.findByText('On for 10% of users')).toBeVisible();
    await userEvent.click(canvas.getByText('History'));
    await expect(await canvas.findByText('changed, 1% to 10% by grace')).toBeVisible();
  },
};

/** One dialog with a reason at hand: Enter is enough. */
export const Disabling: Story = {
  args: { operator: { token, fetch: createStoryService().fetch } },
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Disable…' }));
    const dialog = within(canvas.getByRole('dialog'));
    await expect(dialog.getByRole('radio', { name: 'It fails' })).toHaveFocus();
  },
};

/** Off for everybody, and every page has confirmed it. */
export const Disabled: Story = {
  // A service of its own each time: the story changes it.
  render: function Render(args) {
    const [operator] = useState(() => ({ token, fetch: createStoryService().fetch }));
    return <FeatureSettings {...args} operator={operator} />;
  },
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Disable…' }));
    const dialog = within(canvas.getByRole('dialog'));
    await userEvent.click(dialog.getByRole('radio', { name: 'It is slow' }));
    await userEvent.click(dialog.getByRole('button', { name: 'Disable' }));
    await expect(await canvas.findByText(/Confirmed by 12 of 12 connected pages/)).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'Enable…' })).toHaveFocus();
  },
};

/** Raising it says how version 2 does, and asks why; nothing is filled in. */
export const Raising: Story = {
  args: { operator: { token, fetch: createStoryService().fetch } },
  play: async ({ canvas, userEvent }) => {
    const field = await canvas.findByRole('spinbutton');
    await userEvent.clear(field);
    await userEvent.type(field, '25{Enter}');
    await expect(canvas.getByText('Give the new version of Memory panel to 25% of users?')).toBeVisible();
    await expect(await canvas.findByText('The new version of Memory panel is healthy.')).toBeVisible();
  },
};

const failing = (status: 'degraded' | 'critical', detail: string): typeof fetch => {
  const service = createStoryService();
  service.health = { status, reasons: [{ code: 'errors', status, detail }] };
  return service.fetch;
};

/** Version 2 does harm: whoever wants more users to have it says of which feature. */
export const RaisingWhatDoesHarm: Story = {
  args: { operator: { token, fetch: failing('critical', '9.0 % (at least 5.8 %) of 200 attempts failed') } },
  play: async ({ canvas, userEvent }) => {
    const field = await canvas.findByRole('spinbutton');
    await userEvent.clear(field);
    await userEvent.type(field, '25{Enter}');
    const dialog = within(canvas.getByRole('dialog'));
    await expect(await dialog.findByText(/does harm: 9\.0 %/)).toBeVisible();
    await userEvent.type(dialog.getByRole('textbox', { name: 'Why?' }), 'we know');
    const name = dialog.getByRole('textbox', { name: 'Type “Memory panel” to go on all the same' });
    await userEvent.click(dialog.getByRole('button', { name: 'Raise' }));
    await expect(canvas.getByRole('dialog')).toBeVisible();
    await expect(name).toBeInvalid();
  },
};

/** Version 2 does worse than it should: the same, in the words of the host. */
export const RaisingWhatIsDegraded: Story = {
  args: {
    operator: { token, fetch: failing('degraded', '3.1 % (at least 1.4 %) of 200 attempts failed') },
    labels: {
      health: ({ status }) => `Neue Fassung: ${status === 'degraded' ? 'angeschlagen' : status}`,
      typeName: (name) => `Zum Fortfahren „${name}“ eingeben`,
    },
  },
  play: async ({ canvas, userEvent }) => {
    const field = await canvas.findByRole('spinbutton');
    await userEvent.clear(field);
    await userEvent.type(field, '25{Enter}');
    const name = await canvas.findByRole('textbox', { name: 'Zum Fortfahren „Memory panel“ eingeben' });
    await expect(canvas.getByText('Neue Fassung: angeschlagen')).toBeVisible();
    await userEvent.type(canvas.getByRole('textbox', { name: 'Why?' }), 'we know');
    await userEvent.type(name, 'Memory panel');
    await expect(name).toBeValid();
  },
};

/** An emergency holds everything on version 1. */
export const Emergency: Story = {
  args: {
    operator: {
      token,
      fetch: (() => {
        const burning = createStoryService({ rollbackHistory: inForce('otto', 'fire', 9) });
        burning.emergency = { since: '2027-01-11T09:30:00.000Z', rollbackId: 9 };
        return burning.fetch;
      })(),
    },
  },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/An emergency rollback holds everything/)).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'Undo the rollback…' })).toBeVisible();
  },
};

/** Rolled back by the guard; it can be undone. */
export const RolledBack: Story = {
  args: {
    operator: {
      token,
      fetch: createStoryService({ enabled: false, rollbackHistory: inForce('guard', 'errors of v2 above 5 %') }).fetch,
    },
  },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/Rolled back by guard/)).toBeVisible();
  },
};

/** The service is there to read and away to change: what to type instead. */
export const Unreachable: Story = {
  args: { operator: { token, fetch: refuseWith(() => Promise.reject(new TypeError('Failed to fetch'))) } },
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Disable…' }));
    await userEvent.click(within(canvas.getByRole('dialog')).getByRole('button', { name: 'Disable' }));
    await expect(await canvas.findByText(/It could not be turned off\. The service cannot be reached/)).toBeVisible();
    await expect(canvas.getByText(/^npx switchback rollback memoryPanel --reason 'It fails'/)).toBeVisible();
  },
};

/** Somebody else was faster. */
export const Overtaken: Story = {
  args: {
    operator: {
      token,
      fetch: refuseWith(() =>
        Response.json(
          { type: '/problems/stale-revision', detail: 'the feature is at revision 4 now: read it and decide again' },
          { status: 412 },
        ),
      ),
    },
  },
  play: async ({ canvas, userEvent }) => {
    const field = await canvas.findByRole('spinbutton');
    await userEvent.clear(field);
    await userEvent.type(field, '5{Enter}');
    await expect(await canvas.findByText(/Meanwhile, .* grace – changed, 1% to 10%/)).toBeVisible();
  },
};

/** The token is wrong. It is not shown. */
export const WrongToken: Story = {
  args: {
    operator: {
      token,
      fetch: refuseWith(
        () =>
          Response.json({ type: '/problems/unauthorized', detail: 'this token is not known here' }, { status: 401 }),
        true,
      ),
    },
  },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/The token is not one of an operator/)).toBeVisible();
    await expect(document.body).not.toHaveTextContent(token);
  },
};

/** The first answer is on its way. */
export const Loading: Story = {
  args: { operator: { token, fetch: () => new Promise(() => {}) } },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Asking the service…')).toBeVisible();
  },
};

/** A feature that the code has and the service has not. */
export const NotCreated: Story = {
  args: { operator: { token, fetch: async () => Response.json({ features: [], emergency: null }) } },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('The service does not know this feature yet.')).toBeVisible();
  },
};

/** The words are the host's. */
export const OtherWords: Story = {
  args: {
    labels: { title: 'Funktionen', seesV1: 'Sie sehen die bisherige Fassung.', tryV2: 'Neue Fassung ausprobieren' },
    features: [{ feature: 'memoryPanel', name: 'Gedächtnis' }],
    locale: 'de-CH',
  },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('region', { name: 'Funktionen' })).toBeVisible();
    await expect(canvas.getByRole('button', { name: 'Neue Fassung ausprobieren' })).toBeVisible();
  },
};
