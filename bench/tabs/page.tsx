// One tab of a user: what it knows of the service's changes, and when it came to know it.
import { createSwitchback, defineFeatures } from 'react-switchback/client';

declare global {
  interface Window {
    streamTab: {
      status(): string;
      /** Whether this tab is the one that has a connection. */
      hasStream(): boolean;
      /** ms since 1970 at which each revision was applied here, newest last. */
      revisions(): readonly { readonly revision: number; readonly atMs: number }[];
      /** ms since 1970 at which the panel became v1 the last time. */
      offAtMs(): number;
      isOn(): boolean;
      /** Does nothing else for so long. */
      hang(forMs: number): void;
    };
  }
}

const opened: EventSource[] = [];
// The page's own before the client looks: what is counted is shared all the same.
globalThis.EventSource = class extends EventSource {
  constructor(url: string | URL) {
    super(url);
    opened.push(this);
  }
};

const nowMs = () => performance.timeOrigin + performance.now();
const client = createSwitchback({
  features: defineFeatures({ panel: {} }),
  url: new URLSearchParams(location.search).get('api')!,
  context: { targetingKey: 'user-1' },
  sinks: [],
});
const revisions: { revision: number; atMs: number }[] = [];
let offAtMs = 0;
client.subscribeStatus(() => {
  const { revision } = client.getStatus();
  if (revision !== null && revision !== revisions.at(-1)?.revision) revisions.push({ revision, atMs: nowMs() });
});
client.subscribe('panel', () => {
  if (!client.isEnabled('panel')) offAtMs = nowMs();
});
client.start();

window.streamTab = {
  status: () => client.getStatus().status,
  hasStream: () => opened.some(({ readyState }) => readyState !== EventSource.CLOSED),
  revisions: () => revisions,
  offAtMs: () => offAtMs,
  isOn: () => client.isEnabled('panel'),
  hang(forMs) {
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs);
  },
};
