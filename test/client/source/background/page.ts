// One tab of a user, which says what it knows, and how fast time runs in it.
import { createSwitchback, defineFeatures } from 'react-switchback/client';

declare global {
  interface Window {
    backgroundTab: {
      revision(): number | null;
      isOn(): boolean;
      /** Whether this tab is the one that has a connection. */
      hasStream(): boolean;
      measure(name: string): void;
      /** How often a timer of 50 ms came back within three seconds. */
      ticks(): Promise<number>;
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

const client = createSwitchback({
  features: defineFeatures({ panel: {}, other: {} }),
  url: new URLSearchParams(location.search).get('api')!,
  context: { targetingKey: 'user-1' },
});
client.start();

window.backgroundTab = {
  revision: () => client.getStatus().revision,
  isOn: () => client.isEnabled('panel'),
  hasStream: () => opened.some(({ readyState }) => readyState !== EventSource.CLOSED),
  measure: (name) => client.measure('other', name, 1, { kind: 'counter' }),
  async ticks() {
    const untilMs = performance.now() + 3_000;
    let ticks = 0;
    while (performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ticks++;
    }
    return ticks;
  },
};
