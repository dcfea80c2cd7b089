// A client's rules as the count, and mounted gates around whoever shows it.
import { useDeferredValue, type ReactNode } from 'react';
import {
  createSwitchback,
  defineFeatures,
  FeatureGate,
  SwitchbackProvider,
  useFeature,
  useFeatureConfig,
} from 'react-switchback';
import type { Adapter, CountProps } from './adapter.js';

const features = defineFeatures({ panel: {}, counter: { upgrade: 'live', config: { count: 0 } } });

function createCount(ruleOf: (count: number) => Record<string, unknown>) {
  let count = 0;
  const rules = () => ({
    schema: 1,
    kind: 'rules',
    epoch: 1,
    revision: ++revision,
    publishedAt: '2026-01-01T00:00:00.000Z',
    emergency: null,
    kills: [],
    features: { panel: { enabled: true, percentage: 100 }, counter: { percentage: 100, ...ruleOf(count) } },
  });
  let revision = 0;
  const client = createSwitchback({
    features,
    initial: rules(),
    context: { targetingKey: 'user-1' },
    storage: false,
  });
  const publish = (next: number) => {
    count = next;
    client.applySnapshot(rules());
  };
  const actions = { increment: () => publish(count + 1), double: () => publish(count * 2) };
  return {
    Root: ({ children }: { readonly children: ReactNode }) => (
      <SwitchbackProvider client={client}>{children}</SwitchbackProvider>
    ),
    useActions: () => actions,
  };
}

// The gate of a v2 that stays: what is counted is read inside it. A gate that showed its fallback would show a count of its own.
const InGate = ({ as: Shown, children }: CountProps & { readonly children: ReactNode }) => (
  <FeatureGate feature="panel" fallback={<Shown count={-1} />}>
    {children}
  </FeatureGate>
);

/** Every count is which version its gate shows: v1 is 0, v2 is 1. An increment is the other version. */
export const versionsAdapter = (): Adapter => {
  const Deferred = ({ as: Shown }: CountProps) => {
    const isOn = useDeferredValue(useFeature('counter'));
    return <Shown count={isOn ? 1 : 0} />;
  };
  return {
    ...createCount((count) => ({ enabled: count % 2 === 1 })),
    Count: ({ as: Shown }) => (
      <FeatureGate feature="counter" fallback={<Shown count={0} />}>
        <Shown count={1} />
      </FeatureGate>
    ),
    DeferredCount: ({ as }) => (
      <InGate as={as}>
        <Deferred as={as} />
      </InGate>
    ),
    modulus: 2,
  };
};

/** The count is a published setting, read inside a gate. */
export const configAdapter = (): Adapter => {
  const Read = ({ as: Shown }: CountProps) => <Shown count={useCount()} />;
  const Deferred = ({ as: Shown }: CountProps) => <Shown count={useDeferredValue(useCount())} />;
  return {
    ...createCount((count) => ({ enabled: true, config: { count } })),
    Count: ({ as }) => (
      <InGate as={as}>
        <Read as={as} />
      </InGate>
    ),
    DeferredCount: ({ as }) => (
      <InGate as={as}>
        <Deferred as={as} />
      </InGate>
    ),
    modulus: Infinity,
  };
};

const useCount = () => Number(useFeatureConfig('counter')['count']);
