import { createRoot } from 'react-dom/client';
import { SwitchbackProvider } from 'react-switchback';
import { createSwitchback, httpSink, staticSource } from 'react-switchback/client';
import { users } from '../control/users.js';
import { features } from '../features.js';
import { ActivityBar, MemoryPanel, SessionsList } from '../panels.js';

const atOnce = 20;
const settleMs = 150;
const stayMs = 450;

const wait = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs));

/**
 * Lets every user open the three panels once, off the screen. These are the real panels under real clients, and what they
 * report is counted like anybody's.
 */
export async function sendVisitors(snapshot: unknown, onProgress: (done: number) => void): Promise<void> {
  for (let at = 0; at < users.length; at += atOnce) {
    await Promise.all(users.slice(at, at + atOnce).map((user) => visit(snapshot, user)));
    onProgress(Math.min(users.length, at + atOnce));
  }
}

async function visit(snapshot: unknown, targetingKey: string): Promise<void> {
  const client = createSwitchback({
    features,
    source: staticSource(snapshot),
    sinks: [httpSink({ url: '/api' })],
    context: { targetingKey },
    storage: false,
    overrides: false,
    settleMs,
  });
  client.start();
  // A v2 that was broken on purpose is expected here a hundred times.
  const root = createRoot(document.createElement('div'), { onCaughtError: () => {} });
  root.render(
    <SwitchbackProvider client={client}>
      <ActivityBar />
      <SessionsList hasToggle={false} />
      <MemoryPanel />
    </SwitchbackProvider>,
  );
  await wait(stayMs);
  root.unmount();
  await wait(0);
  client.close();
}
