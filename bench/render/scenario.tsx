// 1,000 components that read 100 features, and 1,000 gates: who renders when something happens.
import { useEffect, useState, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { createSwitchback, FeatureGate, SwitchbackProvider, useFeature } from 'react-switchback';

const featureCount = 100;
const consumerCount = 1_000;
const keys = Array.from({ length: featureCount }, (_, index) => `feature-${index}`);
const features = Object.fromEntries(keys.map((key) => [key, { owner: 'bench' }]));

/** How often components rendered, and how long it took. Only the counts are to be relied on. */
export interface ConsumerRun {
  readonly renders: {
    readonly mount: number;
    readonly toReady: number;
    readonly change: number;
    readonly refetch: number;
  };
  /** Components that show another value after the one change, and what they should show. */
  readonly changed: number;
  readonly ms: { readonly mount: number; readonly change: number };
}

export interface GateRun {
  /** `others`: renders of gates whose v2 did not fail, after one v2 did. */
  readonly renders: { readonly mount: number; readonly others: number };
  readonly failing: number;
  /** The gates that show v1 then. */
  readonly onV1: readonly number[];
  readonly ms: { readonly mount: number; readonly fallback: number };
}

const rulesOf = (revision: number, off: ReadonlySet<string>) => ({
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features: Object.fromEntries(keys.map((key) => [key, { enabled: !off.has(key), percentage: 100 }])),
});

const createClient = () =>
  createSwitchback({
    features,
    initial: rulesOf(1, new Set()),
    context: { targetingKey: 'user-1' },
    storage: false,
  });

/** Lets React and everything queued for after the paint finish. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++)
    await new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, 5)));
};

function mountInPage(ui: ReactNode): { container: HTMLElement; ms: number; unmount: () => void } {
  const container = document.createElement('div');
  document.body.append(container);
  // The failure that is part of the scenario is nothing to tell the console about.
  const root = createRoot(container, { onCaughtError: () => {} });
  const startedMs = performance.now();
  flushSync(() => root.render(ui));
  const ms = performance.now() - startedMs;
  return {
    container,
    ms,
    unmount() {
      root.unmount();
      container.remove();
    },
  };
}

/** 1,000 consumers of 100 features: mounts them, changes one feature, refetches the same. */
export async function runConsumers(): Promise<ConsumerRun> {
  let renders = 0;
  const Consumer = ({ feature }: { feature: string }) => {
    const isOn = useFeature(feature);
    renders++;
    return <i>{isOn ? 'v2' : 'v1'}</i>;
  };
  const since = (before: number) => renders - before;

  const client = createClient();
  const { container, ms, unmount } = mountInPage(
    <SwitchbackProvider client={client}>
      {Array.from({ length: consumerCount }, (_, index) => (
        <Consumer key={index} feature={keys[index % featureCount]!} />
      ))}
    </SwitchbackProvider>,
  );
  const atMount = renders;
  await settled();
  const toReady = since(atMount);

  const before = Array.from(container.children, ({ textContent }) => textContent);
  const beforeChange = renders;
  const off = new Set([keys[42]!]);
  const startedMs = performance.now();
  flushSync(() => client.applySnapshot(rulesOf(2, off)));
  const changeMs = performance.now() - startedMs;
  await settled();
  const change = since(beforeChange);
  const changed = Array.from(container.children).filter(
    ({ textContent }, index) => textContent !== before[index] && textContent === 'v1' && index % featureCount === 42,
  ).length;

  const beforeRefetch = renders;
  client.applySnapshot(rulesOf(3, off));
  await settled();
  const refetch = since(beforeRefetch);

  unmount();
  client.close();
  return { renders: { mount: atMount, toReady, change, refetch }, changed, ms: { mount: ms, change: changeMs } };
}

/** 1,000 gates on v2, of which one throws when it updates. */
export async function runGates(): Promise<GateRun> {
  const failing = 500;
  const renders = Array.from({ length: consumerCount }, () => 0);
  const total = () => renders.reduce((sum, count) => sum + count, 0);
  let failNow = () => {};
  const FailsOnUpdate = () => {
    const [isFailing, setFailing] = useState(false);
    useEffect(() => {
      failNow = () => setFailing(true);
    }, []);
    if (isFailing) throw new Error('v2 fails on update');
    return <b>v2</b>;
  };

  const client = createClient();
  const { container, ms, unmount } = mountInPage(
    <SwitchbackProvider client={client}>
      {renders.map((_, index) => (
        <FeatureGate key={index} feature={keys[index % featureCount]!} fallback={<b>v1</b>}>
          {() => {
            // A function is called each time its gate renders.
            renders[index]!++;
            return index === failing ? <FailsOnUpdate /> : <b>v2</b>;
          }}
        </FeatureGate>
      ))}
    </SwitchbackProvider>,
  );
  await settled();
  const atMount = total();
  const failingAtMount = renders[failing]!;

  const startedMs = performance.now();
  flushSync(failNow);
  const fallbackMs = performance.now() - startedMs;
  await settled();

  const ofFailing = renders[failing]! - failingAtMount;
  const onV1 = Array.from(container.children).flatMap(({ textContent }, index) =>
    textContent === 'v1' ? [index] : [],
  );
  unmount();
  client.close();
  return {
    renders: { mount: atMount, others: total() - atMount - ofFailing },
    failing,
    onV1,
    ms: { mount: ms, fallback: fallbackMs },
  };
}
