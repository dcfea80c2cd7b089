// The whole loop as one story: a real service on a real PostgreSQL, a real browser, one team and its users.
// Read it top to bottom: each test goes on where the last one ended.
import { StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { commands } from 'vitest/browser';
import {
  createSwitchback,
  defineFeatures,
  SwitchbackProvider,
  versioned,
  type FallbackEvent,
  type SwitchbackClient,
} from '../src/index.js';

const features = defineFeatures({ memoryPanel: { owner: 'web', description: 'Memory panel rewrite' } });

// v2 as its team wrote it, with a bug that waits for the right day.
let isBroken = false;
const MemoryPanelV1 = ({ session }: { session: string }) => <p>{`v1: memories of ${session}`}</p>;
const MemoryPanelV2 = ({ session }: { session: string }) => {
  if (isBroken) throw new Error('cannot read memories of null');
  return <p>{`v2: memories of ${session}`}</p>;
};
const MemoryPanel = versioned('memoryPanel', { v1: MemoryPanelV1, v2: async () => ({ default: MemoryPanelV2 }) });

const v1 = 'v1: memories of s1';
const v2 = 'v2: memories of s1';
let serviceUrl = '';
// A service, a database and a browser share the machine with others.
const timeout = 30_000;

interface Page {
  readonly root: Root;
  readonly container: HTMLElement;
  readonly fallbacks: FallbackEvent[];
  readonly client: SwitchbackClient;
}

/** A user opens the app. */
function visit(user: string): Page {
  const container = document.createElement('div');
  document.body.append(container);
  const fallbacks: FallbackEvent[] = [];
  const client = createSwitchback({
    features,
    url: `${serviceUrl}/api`,
    context: { targetingKey: user },
    waitMs: 60_000,
    settleMs: 100,
    onFallback: (event) => void fallbacks.push(event),
    onInternalFault: () => {},
  });
  const root = createRoot(container, { onCaughtError: () => {} });
  root.render(
    <StrictMode>
      <SwitchbackProvider client={client}>
        <MemoryPanel session="s1" />
      </SwitchbackProvider>
    </StrictMode>,
  );
  return { root, container, fallbacks, client };
}

/** The user closes the app; what was counted is sent. */
function leave({ root, container, client }: Page): void {
  root.unmount();
  client.close();
  container.remove();
}

const shows = (page: Page, text: string) =>
  vi.waitFor(() => expect(page.container.textContent).toBe(text), { timeout });

interface Numbers {
  readonly versions: Record<'v1' | 'v2', { counts: Record<string, unknown>; errorRate: number | null; users: unknown }>;
}
const numbers = async () => (await commands.callService('GET', '/api/features/memoryPanel/metrics')) as Numbers;

beforeAll(async () => {
  localStorage.clear();
  serviceUrl = (await commands.startService()).url;
}, 60_000);
afterAll(() => commands.stopService(), 60_000);

let ada: Page;
let grace: Page;

test('a feature begins with v1 for everyone', async () => {
  await commands.callService('POST', '/api/features', { feature: 'memoryPanel', owner: 'web' });
  ada = visit('ada');
  expect(await heard(ada)).toBe(v1);
}, 120_000);

test('when everybody may have v2, whoever comes gets it, and whoever is in the middle of something keeps v1', async () => {
  const change = { feature: 'memoryPanel', percentage: 100, reason: 'the day has come' };
  await commands.callService('POST', '/api/features/enable', change);
  grace = visit('grace');
  await shows(grace, v2);
  expect(ada.container.textContent).toBe(v1);
});

test('what each version does is counted, side by side, in the database', async () => {
  leave(ada);
  // Longer than v2 needs to settle, whose time began earlier.
  await new Promise((resolve) => setTimeout(resolve, 150));
  leave(grace);
  await vi.waitFor(async () => {
    const { versions } = await numbers();
    expect(versions.v2.counts).toMatchObject({ attempts: 1, exposures: 1, settled: 1 });
    expect(versions.v2).toMatchObject({ errorRate: 0, users: { exposed: 1, error: 0 } });
  }, timeout);
  const buckets = await commands.runSql("SELECT DISTINCT version FROM metric_buckets WHERE feature = 'memoryPanel'");
  expect(buckets.map(({ version }) => version)).toContain('v2');
});

test('on the day of the bug v1 is on the screen instead, and the failure is in the database', async () => {
  grace = visit('grace');
  await shows(grace, v2);
  isBroken = true;
  const linus = visit('linus');
  await vi.waitFor(() => expect(linus.fallbacks).toHaveLength(1), timeout);
  expect(linus.container.textContent).toBe(v1);
  expect(linus.fallbacks[0]).toMatchObject({ feature: 'memoryPanel', phase: 'render' });
  leave(linus);
  await vi.waitFor(async () => {
    const { versions } = await numbers();
    expect(versions.v2.counts['failed']).toMatchObject({ render: 1 });
  }, timeout);
});

test('somebody on call types one line of SQL, and v2 is gone from every open page', async () => {
  expect(grace.container.textContent).toBe(v2);
  await commands.runSql("UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'");
  await shows(grace, v1);

  await vi.waitFor(async () => {
    const status = await commands.callService('GET', '/api/health/rollback-status');
    expect(status).toMatchObject({ rollbackComplete: true, status: { memoryPanel: 'v1' }, blockers: [] });
  }, timeout);
  const { entries } = (await commands.callService('GET', '/api/audit?feature=memoryPanel')) as {
    entries: { actor: string; source: string; after: unknown }[];
  };
  expect(entries.some(({ actor, source }) => source === 'sql' && actor.startsWith('sql:'))).toBe(true);
});

test('the service goes away and comes back: no page blinks, and the rollback is still in force', async () => {
  await commands.restartService();
  expect(grace.container.textContent).toBe(v1);
  const late = visit('late');
  expect(await heard(late)).toBe(v1);
  leave(late);
  leave(grace);
}, 120_000);

test('once v2 is mended the rollback is undone, with a reason, and v2 is back for those who come', async () => {
  isBroken = false;
  const { rollbacks } = (await commands.callService('GET', '/api/rollbacks?feature=memoryPanel')) as {
    rollbacks: { id: number; endedAt: string | null }[];
  };
  const active = rollbacks.find(({ endedAt }) => endedAt === null);
  await commands.callService('POST', `/api/rollbacks/${active?.id}/undo`, { reason: 'mended' });
  const barbara = visit('barbara');
  await shows(barbara, v2);

  // Grace's browser remembers the rollback, and her page does not change under her hands when it hears better.
  grace = visit('grace');
  expect(await heard(grace)).toBe(v1);
  leave(grace);
  grace = visit('grace');
  await shows(grace, v2);
  leave(grace);
  leave(barbara);
}, 120_000);

/** What a page shows once it has heard from the service; `degraded` after a restart that took its time. */
async function heard(page: Page): Promise<string> {
  await vi.waitFor(() => expect(page.client.getStatus().status).toMatch(/^(live|degraded)$/), {
    timeout: 2 * timeout,
  });
  return page.container.textContent;
}
