import { Component, useEffect, useState, type ComponentType, type ReactNode } from 'react';
import {
  createSwitchback,
  defineFeatures,
  FallbackBoundary,
  FeatureGate,
  lazyVersion,
  SwitchbackProvider,
  versioned,
  VersionSwitcher,
  type FallbackEvent,
  type SwitchbackClient,
  type SwitchbackOptions,
} from '../../src/index.js';
import { recordingSink, type RecordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

export const features = defineFeatures({ panel: {}, list: {}, live: { upgrade: 'live' } });

export interface TestClient {
  readonly client: SwitchbackClient;
  readonly sink: RecordingSink;
  readonly faults: [string, unknown][];
  readonly fallbacks: FallbackEvent[];
  /** Publishes the next revision. */
  publish(rules: Record<string, Record<string, unknown>>, rest?: Record<string, unknown>): void;
  Provider(props: { children: ReactNode }): ReactNode;
}

export function testClient(
  rules: Record<string, Record<string, unknown>> | null = { panel: {}, list: {}, live: {} },
  options: Partial<SwitchbackOptions> = {},
): TestClient {
  const sink = recordingSink();
  const faults: [string, unknown][] = [];
  const fallbacks: FallbackEvent[] = [];
  const client = createSwitchback({
    features,
    ...(rules === null ? {} : { initial: rulesSnapshot(rules) }),
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [sink],
    settleMs: 40,
    onInternalFault: (...fault) => void faults.push(fault),
    onFallback: (event) => void fallbacks.push(event),
    ...options,
  });
  let revision = 1;
  return {
    client,
    sink,
    faults,
    fallbacks,
    publish: (next, rest) => void client.applySnapshot(rulesSnapshot(next, { revision: ++revision, ...rest })),
    Provider: ({ children }) => <SwitchbackProvider client={client}>{children}</SwitchbackProvider>,
  };
}

/** What a test gives a face: v1 as an element, v2 as a component. */
export interface FaceProps {
  readonly v1: ReactNode;
  readonly V2: ComponentType;
  readonly onFallback?: (event: FallbackEvent) => void;
}

/** Makes a component that shows v1 and v2 by one of the package's faces. Call once per test: `versioned` makes a type. */
export type Face = (props: FaceProps) => ComponentType;

export const faces: readonly (readonly [string, Face])[] = [
  [
    'FeatureGate',
    ({ v1, V2, onFallback }) =>
      () => (
        <FeatureGate feature="panel" fallback={v1} onFallback={onFallback}>
          <V2 />
        </FeatureGate>
      ),
  ],
  [
    'FeatureGate with a lazy v2',
    ({ v1, V2, onFallback }) => {
      const Lazy = lazyVersion(async () => ({ default: V2 }));
      return () => (
        <FeatureGate feature="panel" fallback={v1} onFallback={onFallback}>
          <Lazy />
        </FeatureGate>
      );
    },
  ],
  [
    'VersionSwitcher',
    ({ v1, V2, onFallback }) =>
      () => <VersionSwitcher feature="panel" v1={v1} v2={<V2 />} onFallback={onFallback} />,
  ],
  [
    'FallbackBoundary',
    ({ v1, V2, onFallback }) =>
      () => (
        <FallbackBoundary feature="panel" fallback={v1} onFallback={onFallback}>
          <V2 />
        </FallbackBoundary>
      ),
  ],
  [
    'versioned',
    ({ v1, V2 }) => {
      const V1 = () => v1;
      return versioned('panel', { v1: V1, v2: async () => ({ default: V2 }) });
    },
  ],
];

/** The host's own boundary, around everything of ours. */
export class Outer extends Component<{ onError: (error: unknown) => void; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override componentDidCatch(error: unknown) {
    this.props.onError(error);
  }
  override render() {
    return this.state.failed ? 'outer' : this.props.children;
  }
}

/** v1 with something to lose: counts its mounts, keeps what is typed. */
export function createV1() {
  const seen = { mounts: 0, cleanups: 0 };
  const V1 = () => {
    const [text, setText] = useState('');
    useEffect(() => {
      seen.mounts++;
      return () => void seen.cleanups++;
    }, []);
    return (
      <label>
        v1
        <input aria-label="v1 text" value={text} onChange={(event) => setText(event.target.value)} />
      </label>
    );
  };
  return { V1, seen };
}
