// What users do in the panel: try v2, go back, and read why they cannot.
import { within } from '@testing-library/dom';
import { describe, expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { FeatureSettings, type SettingsLabels } from '../../src/settings/index.js';
import { openPage } from './operatorPage.js';

const list = [{ feature: 'memoryPanel', name: 'Memory panel' }] as const;
let revision = 0;
const snapshot = (version: 'v1' | 'v2', kills: readonly string[] = []) => ({
  schema: 1,
  kind: 'assignments',
  epoch: 1,
  revision: ++revision,
  kills,
  features: { memoryPanel: { version, reason: 'STATIC', config: {} } },
});

const open = (version: 'v1' | 'v2', overrides: Parameters<typeof openPage>[1]['overrides'], kills: string[] = []) =>
  openPage(<FeatureSettings features={list} />, { initial: snapshot(version, kills), overrides });
const shown = ({ container }: { container: HTMLElement }) =>
  container.querySelector('[data-testid="panel"]')?.textContent;

describe('a user who may choose', () => {
  test('tries v2 and goes back; what is the same as the rollout is no override', async () => {
    const page = open('v1', { allow: ['memoryPanel'] });
    const { getByRole, getByText } = within(page.container);
    await vi.waitFor(() => getByText('You see the current version.'));
    const button = getByRole('button', { name: 'Try the new version' });
    button.focus();
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => shown(page)).toBe('panel v2');
    await vi.waitFor(() => getByText('You see the new version because you chose it.'));
    expect(page.client.getOverride('memoryPanel').version).toBe('v2');
    expect(document.activeElement).toBe(button);
    expect(button.textContent).toBe('Go back to the current version');

    await userEvent.keyboard('{Enter}');
    await expect.poll(() => shown(page)).toBe('panel v1');
    expect(page.client.getOverride('memoryPanel').version).toBeNull();
  });

  test('leaves v2 that the rollout gave, and lets the site choose again', async () => {
    const page = open('v2', { allow: 'all' });
    const { findByRole, findByText, queryByRole } = within(page.container);
    await userEvent.click(await findByRole('button', { name: 'Go back to the current version' }));
    await findByText('You see the current version because you chose it.');
    expect(shown(page)).toBe('panel v1');
    await userEvent.click(await findByRole('button', { name: 'Let the site choose' }));
    await findByText('You see the new version.');
    expect(queryByRole('button', { name: 'Let the site choose' })).toBeNull();
  });

  test('reads that v2 is turned off, as it happens, and the button does nothing until it is back', async () => {
    const page = open('v1', { allow: 'all' });
    const { findByRole, findByText } = within(page.container);
    await userEvent.click(await findByRole('button', { name: 'Try the new version' }));
    page.client.applySnapshot(snapshot('v1', ['memoryPanel']));
    await findByText(/You cannot switch now: the new version is turned off\./);
    const button = await findByRole('button', { name: 'Try the new version' });
    expect(button.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(button, { force: true });
    expect(shown(page)).toBe('panel v1');
    page.client.applySnapshot(snapshot('v1'));
    await expect.poll(() => shown(page)).toBe('panel v2');
  });

  test('reads that v2 failed here', async () => {
    const page = open('v2', { allow: 'all' });
    await within(page.container).findByText('You see the new version.');
    for (let count = 0; count < 3; count++) page.client.reportFailure('memoryPanel', new Error(`broken ${count}`));
    await within(page.container).findByText(/The new version failed here\./);
  });
});

describe('a user who may not choose', () => {
  test.each([
    ['because nobody may', false],
    ['because only others may', { allow: () => false }],
    ['because another feature is listed', { allow: ['sessionsList'] }],
  ] as const)('%s reads so, and has no button', async (_, policy) => {
    const page = open('v2', policy);
    const { findByText, queryByRole } = within(page.container);
    await findByText('You see the new version. You cannot switch here: the site decides who sees which version.');
    expect(queryByRole('button')).toBeNull();
  });

  test('sees nothing of the controls of operators', async () => {
    const page = open('v2', { allow: 'all' });
    await within(page.container).findByText('You see the new version.');
    expect(within(page.container).queryByRole('spinbutton')).toBeNull();
    expect(page.container.textContent).not.toContain('Disable');
  });
});

test('says all of it in the words and with the classes of the host', async () => {
  const labels: Partial<SettingsLabels> = {
    title: 'Funktionen',
    seesV1: 'Sie sehen die alte Fassung.',
    tryV2: 'Neue ausprobieren',
  };
  const classNames = { root: 'mine', button: 'my-button' };
  const page = openPage(<FeatureSettings features={list} labels={labels} classNames={classNames} />, {
    initial: snapshot('v1'),
    overrides: { allow: 'all' },
  });
  const { findByRole, findByText } = within(page.container);
  expect((await findByRole('region', { name: 'Funktionen' })).className).toBe('mine');
  expect((await findByRole('button', { name: 'Neue ausprobieren' })).className).toBe('my-button');
  await findByText('Sie sehen die alte Fassung.');
});

test('its parts stand alone', async () => {
  const page = openPage(
    <FeatureSettings.Root>
      <FeatureSettings.Row feature="memoryPanel" description={<em>Sooner</em>}>
        <FeatureSettings.Choice />
      </FeatureSettings.Row>
    </FeatureSettings.Root>,
    { initial: snapshot('v1'), overrides: { allow: 'all' } },
  );
  const { findByRole } = within(page.container);
  await findByRole('heading', { name: 'memoryPanel' });
  expect(page.container.querySelector('em')?.textContent).toBe('Sooner');
});
