// The panel as its users and operators use it: a real service, a real browser, a keyboard.
import { within } from '@testing-library/dom';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { commands, userEvent } from 'vitest/browser';
import { FeatureSettings, type OperatorOptions } from '../../src/settings/index.js';
import { forwardTo, openPage, type SettingsPage } from './operatorPage.js';

const timeout = 30_000;
let serviceUrl = '';
let token = '';
let viewerToken = '';

const tokenOf = async (name: string, role: string): Promise<string> => {
  const answer = (await commands.callService('POST', '/api/tokens', { name, role, reason: 'test' })) as {
    secret: string;
  };
  return answer.secret;
};

beforeAll(async () => {
  serviceUrl = (await commands.startService()).url;
  token = await tokenOf('olga', 'operator');
  viewerToken = await tokenOf('vera', 'viewer');
  await commands.callService('POST', '/api/features', { feature: 'memoryPanel' });
}, 120_000);
afterAll(() => commands.stopService(), 60_000);

beforeEach(async () => {
  const { rollbacks } = (await commands.callService('GET', '/api/rollbacks')) as {
    rollbacks: { id: number; endedAt: string | null }[];
  };
  for (const { id, endedAt } of rollbacks)
    if (endedAt === null) await commands.callService('POST', `/api/rollbacks/${id}/undo`, { reason: 'next test' });
  await commands.callService('POST', '/api/features/enable', {
    feature: 'memoryPanel',
    percentage: 10,
    reason: 'test',
  });
});

const list = [{ feature: 'memoryPanel', name: 'Memory panel', description: 'Finds things sooner.' }] as const;

function openOperator(options: Partial<OperatorOptions> = {}) {
  const { fetch, sent } = forwardTo(serviceUrl);
  const operator = { token, fetch, ...options };
  const page = openPage(<FeatureSettings features={list} operator={operator} />, { url: `${serviceUrl}/api` });
  return { ...page, sent, row: () => rowOf(page) };
}

const rowOf = ({ container }: Pick<SettingsPage, 'container'>) =>
  within(within(container).getByRole('heading', { name: 'Memory panel' }).closest('li')!);
const text = ({ container }: Pick<SettingsPage, 'container'>) => container.textContent;

describe('an operator', () => {
  test('turns a feature off by Enter alone, with a reason at hand, and hears when every page has it', async () => {
    const page = openOperator();
    await expect.poll(() => text(page), { timeout }).toContain('On for 10% of users');
    await vi.waitFor(() => expect(page.client.getStatus().status).toBe('live'), timeout);
    const button = page.row().getByRole('button', { name: 'Disable…' });
    button.focus();
    await userEvent.keyboard('{Enter}');
    const dialog = page.row().getByRole('dialog', { name: 'Take the new version of Memory panel from everybody?' });
    expect(dialog.matches(':modal')).toBe(true);
    expect(document.activeElement).toBe(within(dialog).getByRole('radio', { name: 'It fails' }));
    await userEvent.keyboard('{Enter}');

    await expect.poll(() => text(page), { timeout }).toContain('Rolled back by olga');
    await expect
      .poll(() => text(page), { timeout })
      .toMatch(/It is off for everybody\. Confirmed by \d+ of \d+ connected/);
    expect(text(page)).toContain('“It fails”');
    // The same button says the opposite now, and whoever works by keyboard is where they were.
    expect(document.activeElement).toBe(page.row().getByRole('button', { name: 'Enable…' }));
    const audit = (await commands.callService('GET', '/api/audit?feature=memoryPanel&limit=5')) as {
      entries: { actor: string; source: string; reason: string }[];
    };
    expect(audit.entries).toContainEqual(expect.objectContaining({ actor: 'olga', source: 'ui', reason: 'It fails' }));
  });

  test('changes nothing by Escape, and is back on the button', async () => {
    const page = openOperator();
    const button = await vi.waitFor(() => page.row().getByRole('button', { name: 'Disable…' }), timeout);
    button.focus();
    await userEvent.keyboard('{Enter}');
    const dialog = page.row().getByRole<HTMLDialogElement>('dialog');
    expect(dialog.open).toBe(true);
    await userEvent.keyboard('{Escape}');
    await expect.poll(() => page.row().queryByRole('dialog')).toBeNull();
    expect(document.activeElement).toBe(button);
    expect(page.sent.every(({ method }) => method === 'GET')).toBe(true);
  });

  test('undoes a rollback with a reason, and not without one', async () => {
    await commands.callService('POST', '/api/features/disable', { feature: 'memoryPanel', reason: 'slow search' });
    const page = openOperator();
    await expect.poll(() => text(page), { timeout }).toContain('“slow search”');
    await userEvent.click(page.row().getByRole('button', { name: 'Undo the rollback…' }));
    const dialog = page.row().getByRole<HTMLDialogElement>('dialog');
    await userEvent.click(within(dialog).getByRole('button', { name: 'Undo' }));
    expect(dialog.open).toBe(true);
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'In your own words' }), 'index rebuilt{Enter}');
    await expect.poll(() => text(page), { timeout }).toContain('On for 10% of users');
    expect(text(page)).toContain('The rollback is undone.');
    const { rollbacks } = (await commands.callService('GET', '/api/rollbacks?feature=memoryPanel')) as {
      rollbacks: { endedBy: string; endedReason: string }[];
    };
    expect(rollbacks[0]).toMatchObject({ endedBy: 'olga', endedReason: 'index rebuilt' });
  });

  test('lowers the share at once, raises it with a reason', async () => {
    const page = openOperator();
    const field = await vi.waitFor(() => page.row().getByRole('spinbutton'), timeout);
    await userEvent.clear(field);
    await userEvent.type(field, '5{Enter}');
    await expect.poll(() => text(page), { timeout }).toContain('On for 5% of users');
    expect(page.row().queryByRole('dialog')).toBeNull();

    await userEvent.clear(field);
    await userEvent.type(field, '12.5{Enter}');
    const dialog = page.row().getByRole('dialog', { name: 'Give the new version of Memory panel to 12.5% of users?' });
    await userEvent.type(within(dialog).getByRole('textbox', { name: 'Why?' }), 'a quiet week{Enter}');
    await expect.poll(() => text(page), { timeout }).toContain('It is on for 12.5% of users.');
    expect(page.sent.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body!))).toEqual([
      { percentage: 5 },
      { percentage: 12.5, reason: 'a quiet week' },
    ]);
  });

  describe('who gives v2 to more users', () => {
    /** The real service, but for what it says of v2. */
    const openWith = (answer: () => Response | Promise<Response>) => {
      const { fetch, sent } = forwardTo(serviceUrl);
      const operator: OperatorOptions = {
        token,
        fetch: (input, init) =>
          String(input).endsWith('/health') ? Promise.resolve().then(answer) : fetch(input, init),
      };
      const page = openPage(<FeatureSettings features={list} operator={operator} />, { url: `${serviceUrl}/api` });
      return { ...page, sent, row: () => rowOf(page) };
    };
    const judged = (status: string, detail?: string) => () =>
      Response.json({
        versions: { v2: { status, reasons: detail === undefined ? [] : [{ code: 'errors', status, detail }] } },
      });
    const raise = async (page: ReturnType<typeof openWith>) => {
      const field = await vi.waitFor(() => page.row().getByRole('spinbutton'), timeout);
      await userEvent.clear(field);
      await userEvent.type(field, '25{Enter}');
      const dialog = page.row().getByRole<HTMLDialogElement>('dialog');
      return { field, dialog, inside: within(dialog), health: within(dialog).getByRole('status') };
    };
    const changes = (page: ReturnType<typeof openWith>) => page.sent.filter(({ method }) => method !== 'GET');

    test('reads that it is healthy, and needs no more than a reason', async () => {
      const page = openWith(judged('healthy'));
      const { inside, health } = await raise(page);
      await expect.poll(() => health.textContent).toBe('The new version of Memory panel is healthy.');
      expect(inside.queryByRole('textbox', { name: /^Type/ })).toBeNull();
      await userEvent.keyboard('all is well{Enter}');
      await expect.poll(() => text(page), { timeout }).toContain('It is on for 25% of users.');
    });

    test('reads of the real service that too little is known, and may go on', async () => {
      const page = openOperator();
      const { health } = await raise(page);
      await expect
        .poll(() => health.textContent, { timeout })
        .toBe('Too little is known of the new version of Memory panel: 0 attempts ended; 30 are needed.');
      await userEvent.keyboard('first steps{Enter}');
      await expect.poll(() => text(page), { timeout }).toContain('It is on for 25% of users.');
    });

    test.each([
      ['degraded', 'does worse than it should: 3.1 % of 200 attempts failed.'],
      ['critical', 'does harm: 3.1 % of 200 attempts failed.'],
    ])('reads that it is %s and why, and types the name of the feature to go on', async (status, sentence) => {
      const page = openWith(judged(status, '3.1 % of 200 attempts failed'));
      const { dialog, inside, health } = await raise(page);
      await expect.poll(() => health.textContent).toBe(`The new version of Memory panel ${sentence}`);
      expect(document.activeElement).toBe(inside.getByRole('textbox', { name: 'Why?' }));
      await userEvent.keyboard('we know{Enter}');
      const name = inside.getByRole<HTMLInputElement>('textbox', { name: 'Type “Memory panel” to go on all the same' });
      expect(document.activeElement).toBe(name);
      expect(name.getAttribute('aria-describedby')).toBe(health.id);
      await userEvent.keyboard('Memory pane{Enter}');
      expect(dialog.open).toBe(true);
      expect(name.validationMessage).toBe('Type “Memory panel” to go on all the same');
      expect(changes(page)).toEqual([]);
      await userEvent.keyboard('l{Enter}');
      await expect.poll(() => text(page), { timeout }).toContain('It is on for 25% of users.');
      expect(changes(page).map(({ body }) => JSON.parse(body!))).toEqual([{ percentage: 25, reason: 'we know' }]);
    });

    test('takes the key for the name, and is back in the field by Escape', async () => {
      const page = openWith(judged('critical', 'all attempts failed'));
      const { field, inside } = await raise(page);
      await userEvent.type(await inside.findByRole('textbox', { name: /^Type/ }), 'memoryPanel');
      expect(inside.getByRole<HTMLInputElement>('textbox', { name: /^Type/ }).validity.valid).toBe(true);
      await userEvent.keyboard('{Escape}');
      await expect.poll(() => page.row().queryByRole('dialog')).toBeNull();
      expect(document.activeElement).toBe(field);
      expect(changes(page)).toEqual([]);
    });

    test('waits for the answer: Enter does nothing before', async () => {
      let answer = (_: Response): void => {};
      const page = openWith(() => new Promise((resolve) => (answer = resolve)));
      const { dialog, inside, health } = await raise(page);
      expect(health.textContent).toBe('Asking how the new version does…');
      expect(inside.getByRole('button', { name: 'Raise' }).getAttribute('aria-disabled')).toBe('true');
      await userEvent.keyboard('in a hurry{Enter}');
      expect(dialog.open).toBe(true);
      answer(judged('healthy')());
      await expect.poll(() => health.textContent).toContain('is healthy');
      await userEvent.keyboard('{Enter}');
      await expect.poll(() => text(page), { timeout }).toContain('It is on for 25% of users.');
    });

    test.each([
      [
        'is away',
        () => Promise.reject(new TypeError('Failed to fetch')),
        'The service cannot be reached from this page.',
      ],
      [
        'says something else',
        () => Response.json({ versions: { v2: { status: 'fine', reasons: [] } } }),
        'What answers there is not the service.',
      ],
      [
        'is too old to know',
        () => Response.json({ type: '/problems/not-found', detail: 'no such route' }, { status: 404 }),
        'The service does not know that.',
      ],
    ])('where what judges %s reads so, and may go on', async (_, answer, sentence) => {
      const page = openWith(answer);
      const { health } = await raise(page);
      await expect
        .poll(() => health.textContent, { timeout })
        .toContain(`How the new version does could not be read. ${sentence}`);
      await userEvent.keyboard('by hand{Enter}');
      await expect.poll(() => text(page), { timeout }).toContain('It is on for 25% of users.');
    });

    test('reads it before turning it on and before an undo too, and not before turning it off', async () => {
      const page = openWith(judged('critical', 'all attempts failed'));
      await userEvent.click(await vi.waitFor(() => page.row().getByRole('button', { name: 'Disable…' }), timeout));
      expect(within(page.row().getByRole('dialog')).queryByRole('status')).toBeNull();
      await userEvent.keyboard('{Enter}');
      for (const name of ['Enable…', 'Undo the rollback…']) {
        const button = await vi.waitFor(() => page.row().getByRole('button', { name }), timeout);
        await expect.poll(() => button.getAttribute('aria-disabled'), { timeout }).toBeNull();
        await userEvent.click(button);
        await within(page.row().getByRole('dialog')).findByRole('textbox', { name: /^Type/ });
        await userEvent.keyboard('{Escape}');
        await expect.poll(() => page.row().queryByRole('dialog')).toBeNull();
        expect(document.activeElement).toBe(button);
      }
    });
  });

  test('who was overtaken reads what somebody else did, and what was typed is not sent over it', async () => {
    const page = openOperator();
    const field = await vi.waitFor(() => page.row().getByRole('spinbutton'), timeout);
    await userEvent.clear(field);
    await userEvent.type(field, '4');
    const change = { feature: 'memoryPanel', percentage: 60, reason: 'all hands' };
    await commands.callService('POST', '/api/features/enable', change);
    await expect.poll(() => text(page), { timeout }).toContain('On for 60% of users');
    expect(field).toHaveProperty('value', '4');
    await userEvent.click(page.row().getByRole('button', { name: 'Apply' }));
    const alert = page.row().getByRole('alert');
    await expect.poll(() => alert.textContent, { timeout }).toContain('It could not be changed.');
    expect(alert.textContent).toMatch(/Meanwhile, .*: admin – .*10% to 60%: “all hands”/);
    await expect.poll(() => text(page), { timeout }).toContain('On for 60% of users');
  });

  test('sees what others change as it happens, and the history with reasons', async () => {
    const page = openOperator();
    await vi.waitFor(() => expect(page.client.getStatus().status).toBe('live'), timeout);
    await commands.runSql("UPDATE feature_flags SET percentage = 33 WHERE feature = 'memoryPanel'");
    await expect.poll(() => text(page), { timeout }).toContain('On for 33% of users');
    await userEvent.click(page.row().getByText('History'));
    await expect.poll(() => text(page), { timeout }).toMatch(/changed, 10% to 33% by sql:/);
  });

  test('reads why a token of a viewer is not enough, with lines for a terminal that have no token in them', async () => {
    const page = openOperator({ token: viewerToken });
    const button = await vi.waitFor(() => page.row().getByRole('button', { name: 'Disable…' }), timeout);
    await userEvent.click(button);
    await userEvent.keyboard('{Enter}');
    const alert = page.row().getByRole('alert');
    await expect.poll(() => alert.textContent, { timeout }).toContain('The token may not do that.');
    expect(alert.textContent).toContain("npx switchback rollback memoryPanel --reason 'It fails'");
    expect(alert.textContent).toContain('Bearer $SWITCHBACK_ADMIN_TOKEN');
    expect(document.documentElement.outerHTML).not.toContain(viewerToken);
  });

  test.each([
    ['that nobody made', 'sbt_thisTokenIsNotKnownToAnybody'],
    ['that no header can carry', 'a token\nwith a line in it'],
    ['that is empty', ''],
  ])('reads that a token %s does not work', async (_, wrong) => {
    const page = openOperator({ token: wrong });
    const alert = await within(page.container).findByRole('alert');
    await expect.poll(() => alert.textContent, { timeout }).toContain('The token is not one of an operator');
    if (wrong !== '') expect(document.documentElement.outerHTML).not.toContain(wrong);
  });

  test('keeps what it knows while the service is away, says how old it is, and gives lines for a terminal', async () => {
    let isAway = false;
    const { fetch } = forwardTo(serviceUrl);
    const page = openOperator({
      fetch: (...given) => (isAway ? Promise.reject(new TypeError('Failed to fetch')) : fetch(...given)),
    });
    const button = await vi.waitFor(() => page.row().getByRole('button', { name: 'Disable…' }), timeout);
    isAway = true;
    await userEvent.click(button);
    await userEvent.click(page.row().getByRole('radio', { name: 'It is slow' }));
    await userEvent.keyboard('{Enter}');
    const alert = page.row().getByRole('alert');
    await expect.poll(() => alert.textContent, { timeout }).toContain('The service cannot be reached from this page.');
    expect(alert.textContent).toContain("--reason 'It is slow'");
    await expect.poll(() => text(page), { timeout }).toMatch(/As of .+\./);
    expect(text(page)).toContain('On for 10% of users');
  });

  test('ends an emergency for one feature, and is told what that means', async () => {
    await commands.callService('POST', '/api/emergency/rollback', { reason: 'fire' });
    const page = openOperator();
    await expect.poll(() => text(page), { timeout }).toContain('An emergency rollback holds everything');
    expect(page.row().queryByRole('button', { name: 'Enable…' })).toBeNull();
    await userEvent.click(page.row().getByRole('button', { name: 'Undo the rollback…' }));
    expect(page.row().getByRole('dialog').textContent).toContain('every other feature stays off');
    await userEvent.click(page.row().getByRole('radio', { name: 'It was a false alarm' }));
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => text(page), { timeout }).toContain('On for 10% of users');
    const undo = page.sent.find(({ url }) => url.endsWith('/undo'));
    expect(JSON.parse(undo!.body!)).toEqual({ reason: 'It was a false alarm', features: ['memoryPanel'] });
  });

  test('starts a feature that is off with one percent', async () => {
    await commands.callService('POST', '/api/features/disable', { feature: 'memoryPanel' });
    const page = openOperator();
    const button = await vi.waitFor(() => page.row().getByRole('button', { name: 'Enable…' }), timeout);
    await userEvent.click(button);
    await userEvent.type(
      within(page.row().getByRole('dialog')).getByRole('textbox', { name: 'Why?' }),
      'mended{Enter}',
    );
    await expect.poll(() => text(page), { timeout }).toContain('On for 1% of users');
  });

  test('without a list sees whatever the service has', async () => {
    const { fetch } = forwardTo(serviceUrl);
    const page = openPage(<FeatureSettings operator={{ token, fetch }} />, { url: `${serviceUrl}/api` });
    await expect.poll(() => text(page), { timeout }).toContain('memoryPanelOn for 10%');
  });

  test('reads that the service does not know a feature yet', async () => {
    const { fetch } = forwardTo(serviceUrl);
    const unknown = [{ feature: 'sessionsList' }];
    const page = openPage(<FeatureSettings features={unknown} operator={{ token, fetch }} />, {
      url: `${serviceUrl}/api`,
    });
    await expect.poll(() => text(page), { timeout }).toContain('The service does not know this feature yet.');
  });

  test('leaves the token in no storage, cookie, address or element, and sends it to the service alone', async () => {
    const page = openOperator();
    await expect.poll(() => text(page), { timeout }).toContain('On for 10% of users');
    const kept = JSON.stringify([localStorage, sessionStorage, document.cookie, location.href]);
    expect(kept).not.toContain(token);
    expect(document.documentElement.outerHTML).not.toContain(token);
    expect(page.sent.length).toBeGreaterThan(0);
    for (const { url, headers } of page.sent) {
      expect(url).toMatch(/^\/api\//);
      expect(headers).toMatchObject({ authorization: `Bearer ${token}`, 'x-switchback-source': 'ui' });
    }
  });
});
