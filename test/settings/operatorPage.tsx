import { configure } from '@testing-library/dom';
import { createRoot } from 'react-dom/client';
import { StrictMode, type ReactNode } from 'react';
import { onTestFinished } from 'vitest';
import { commands } from 'vitest/browser';
import { createSwitchback, defineFeatures, SwitchbackProvider, useFeature } from '../../src/index.js';
import type { SwitchbackClient } from '../../src/client/switchbackClient.js';

// What is looked for comes at once, unless the machine has other things to do.
configure({ asyncUtilTimeout: 10_000 });

const features = defineFeatures({ memoryPanel: {}, sessionsList: {} });

const Panel = (): ReactNode => <p data-testid="panel">{useFeature('memoryPanel') ? 'panel v2' : 'panel v1'}</p>;

/** What was sent to the service, in order. */
export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The browser's fetch, by way of a server that stands on the page's origin. @param serviceUrl of the real service */
export function forwardTo(serviceUrl: string): { readonly fetch: typeof fetch; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    async fetch(input, init = {}) {
      const { pathname, search } = new URL(String(input), location.href);
      const headers = Object.fromEntries(new Headers(init.headers));
      const body = typeof init.body === 'string' ? init.body : undefined;
      const method = init.method ?? 'GET';
      sent.push({ method, url: String(input), headers, body });
      const answer = await commands.forward(method, serviceUrl + pathname + search, headers, body);
      return new Response(answer.text, { status: answer.status, headers: answer.headers });
    },
  };
}

export interface SettingsPage {
  readonly container: HTMLElement;
  readonly client: SwitchbackClient;
  render(ui: ReactNode): void;
}

/** A page with a client of the service, or of an assignment where there is none. */
export function openPage(ui: ReactNode, options: Partial<Parameters<typeof createSwitchback>[0]>): SettingsPage {
  const container = document.createElement('div');
  document.body.append(container);
  const client = createSwitchback({
    features,
    context: { targetingKey: 'user-1' },
    storage: false,
    onInternalFault: () => {},
    ...options,
  });
  const root = createRoot(container);
  const render = (children: ReactNode): void =>
    root.render(
      <StrictMode>
        <SwitchbackProvider client={client}>
          {children}
          <Panel />
        </SwitchbackProvider>
      </StrictMode>,
    );
  onTestFinished(() => {
    root.unmount();
    client.close();
    container.remove();
  });
  render(ui);
  return { container, client, render };
}
