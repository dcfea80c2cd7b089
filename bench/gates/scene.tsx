// What the measurements of gates share: a client of 100 features that are all on, and a root in the page.
import type { ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { createSwitchback, SwitchbackProvider, type SwitchbackClient } from 'react-switchback';

export const gateCount = 1_000;
export const keys = Array.from({ length: 100 }, (_, index) => `feature-${index}`);
const features = Object.fromEntries(keys.map((key) => [key, {}]));
const rules = {
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision: 1,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features: Object.fromEntries(keys.map((key) => [key, { enabled: true, percentage: 100 }])),
};

export interface Scene {
  readonly client: SwitchbackClient;
  readonly container: HTMLElement;
  /** Renders at once, passive effects included. */
  render(ui: ReactNode): void;
  close(): void;
}

/** An empty page with a client, whose breaker never opens: the measurements fail more often than people would stand. */
export function openScene(): Scene {
  const client = createSwitchback({
    features,
    initial: rules,
    context: { targetingKey: 'user-1' },
    storage: false,
    breaker: { incidentLimit: 1_000_000 },
  });
  const container = document.createElement('div');
  document.body.append(container);
  // The failures are what is measured, and nothing to tell the console about.
  const root = createRoot(container, { onCaughtError: () => {} });
  return {
    client,
    container,
    render: (ui) => flushSync(() => root.render(<SwitchbackProvider client={client}>{ui}</SwitchbackProvider>)),
    close() {
      root.unmount();
      client.close();
      container.remove();
    },
  };
}

/** Lets React and everything queued for after the paint finish. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++)
    await new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, 5)));
};
