// One browser that users come to one after the other.
import { createRoot } from 'react-dom/client';
import {
  createHealthMonitor,
  createSwitchback,
  defineFeatures,
  SwitchbackProvider,
  useFeatureReporter,
  versioned,
} from 'react-switchback';

export interface Visit {
  readonly url: string;
  readonly user: string;
  /** How long ago the visit was. */
  readonly agoMs: number;
  /** v2 throws for this user. */
  readonly isBroken: boolean;
}

export interface Seen {
  readonly shown: string | null;
  readonly fellBack: boolean;
  /** What a monitor with a limit of 1 MB says of the heap. */
  readonly health: string;
}

declare global {
  interface Window {
    visit(visit: Visit): Promise<Seen>;
  }
}

const until = async (isTrue: () => boolean) => {
  for (let tries = 0; tries < 2_000 && !isTrue(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
};

window.visit = async ({ url, user, agoMs, isBroken }) => {
  const container = document.body.appendChild(document.createElement('div'));
  let fellBack = false;
  let searched = false;
  let looks = 0;
  const Panel = ({ version }: { version: string }) => {
    const { measure, time, fetch } = useFeatureReporter('memoryPanel');
    const search = async () => {
      measure('searches', 2, { kind: 'counter' });
      const answer = await fetch(`${url}/api/health`);
      await time('parseMs', answer.json());
      searched = true;
    };
    if (isBroken && version === 'v2') throw new Error('cannot read memories of null');
    return <button onClick={() => void search()}>{version}</button>;
  };
  const MemoryPanel = versioned('memoryPanel', {
    v1: () => <Panel version="v1" />,
    v2: async () => ({ default: () => <Panel version="v2" /> }),
  });
  const client = createSwitchback({
    features: defineFeatures({ memoryPanel: {} }),
    url: `${url}/api`,
    context: { targetingKey: user },
    waitMs: 10_000,
    settleMs: 100,
    // One browser stands for many: what fails for one of them is no reason to keep v2 from the next.
    breaker: { incidentLimit: 100 },
    clock: {
      now: () => Date.now() - agoMs,
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    },
    onFallback: () => (fellBack = true),
    onInternalFault: () => {},
  });
  const monitor = createHealthMonitor(client, { features: { memoryPanel: { maxMemoryMB: 1, minSamples: 1 } } });
  client.start();
  const root = createRoot(container, { onCaughtError: () => {} });
  root.render(
    <SwitchbackProvider client={client}>
      <MemoryPanel />
    </SwitchbackProvider>,
  );
  await until(() => container.textContent !== '');
  // v2 settles after 100 ms, and is what the heap is read of.
  await until(() => monitor.getHealth('memoryPanel').reason.because === 'over-threshold' || ++looks > 40);
  container.querySelector('button')?.click();
  await until(() => searched);
  const { level, reason } = monitor.getHealth('memoryPanel');
  const health = reason.because === 'over-threshold' ? `${level}: ${reason.threshold}` : level;
  const shown = container.textContent;
  monitor.close();
  root.unmount();
  client.close();
  container.remove();
  return { shown, fellBack, health };
};
