import { Component, useEffect, useState, version, type ComponentType, type ReactNode } from 'react';
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
  type GateProps,
  type SwitchbackClient,
  type SwitchbackOptions,
  type VersionLoader,
} from '../../src/index.js';
import type { FakeClock } from '../harness/fakeClock.js';
import { createHeldClock } from '../harness/heldClock.js';
import { mount, type Mounted, type MountOptions } from '../harness/mount.js';
import { recordingSink, type RecordingSink } from '../harness/recordingSink.js';
import { rulesSnapshot } from '../harness/snapshot.js';

/** React 18 rethrows uncaught errors to the window, logs caught ones, and has neither `use`, Activity nor root callbacks for errors. */
export const isReact18 = version.startsWith('18.');
/** Production has no second effects of StrictMode and no warnings. */
export const isProduction = process.env.NODE_ENV === 'production';

export const features = defineFeatures({ panel: {}, list: {}, live: { upgrade: 'live' } });

export interface TestClient {
  readonly client: SwitchbackClient;
  readonly sink: RecordingSink;
  readonly faults: [string, unknown][];
  readonly fallbacks: FallbackEvent[];
  /** The client's, unless a test gave another one. */
  readonly clock: FakeClock;
  /** Lets the client's time pass until what is on the screen has settled. */
  settle(): Promise<void>;
  /** Publishes the next revision. */
  publish(rules: Record<string, Record<string, unknown>>, rest?: Record<string, unknown>): void;
  Provider(props: { children: ReactNode }): ReactNode;
}

/** How long a version is on the screen before it counts as settled, unless a test says otherwise. */
export const settleMs = 40;

/** A client whose time stands still until the test lets it pass: what comes first is for the test to say, not for the machine. */
export function testClient(
  rules: Record<string, Record<string, unknown>> | null = { panel: {}, list: {}, live: {} },
  options: Partial<SwitchbackOptions> = {},
): TestClient {
  const sink = recordingSink();
  const clock = createHeldClock();
  const faults: [string, unknown][] = [];
  const fallbacks: FallbackEvent[] = [];
  const client = createSwitchback({
    features,
    ...(rules === null ? {} : { initial: rulesSnapshot(rules) }),
    context: { targetingKey: 'user-1' },
    storage: false,
    sinks: [sink],
    settleMs,
    clock,
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
    clock,
    settle: () => clock.advance(options.settleMs ?? settleMs),
    publish: (next, rest) => void client.applySnapshot(rulesSnapshot(next, { revision: ++revision, ...rest })),
    Provider: ({ children }) => <SwitchbackProvider client={client}>{children}</SwitchbackProvider>,
  };
}

/** What a test gives a face: v1 as an element, v2 as a component, and what all faces take besides. */
export interface FaceProps extends Omit<GateProps, 'resetKeys'> {
  readonly v1: ReactNode;
  readonly V2: ComponentType;
  /** Default `panel`. */
  readonly feature?: keyof typeof features;
}

/** Makes a component that shows v1 and v2 by one of the package's faces. Call once per test: `versioned` makes a type. */
export type Face = (props: FaceProps) => ComponentType;
type Named<T> = readonly (readonly [name: string, face: T])[];

/** For what happens while v2's code is fetched. */
export interface LazyFaceProps extends Omit<FaceProps, 'V2'> {
  /** May give rubbish. */
  readonly loader: () => unknown;
  readonly timeoutMs?: number;
  readonly retries?: number;
}
export type LazyFace = (props: LazyFaceProps) => ComponentType;

/** The faces that fetch v2's code outside React. */
export const lazyFaces: Named<LazyFace> = [
  [
    'FeatureGate with a lazy v2',
    ({ v1, feature = 'panel', loader, timeoutMs, retries, ...rest }) => {
      const V2 = lazyVersion(loader as VersionLoader<object>, { timeoutMs, retries });
      return () => (
        <FeatureGate feature={feature} fallback={v1} {...rest}>
          <V2 />
        </FeatureGate>
      );
    },
  ],
  [
    'VersionSwitcher with a lazy v2',
    ({ v1, feature = 'panel', loader, timeoutMs, retries, ...rest }) => {
      const V2 = lazyVersion(loader as VersionLoader<object>, { timeoutMs, retries });
      return () => <VersionSwitcher feature={feature} v1={v1} v2={<V2 />} {...rest} />;
    },
  ],
  [
    'FallbackBoundary with a lazy v2',
    ({ v1, feature = 'panel', loader, timeoutMs, retries, ...rest }) => {
      const V2 = lazyVersion(loader as VersionLoader<object>, { timeoutMs, retries });
      return () => (
        <FallbackBoundary feature={feature} fallback={v1} {...rest}>
          <V2 />
        </FallbackBoundary>
      );
    },
  ],
  [
    'versioned',
    ({ v1, feature = 'panel', loader, ...rest }) =>
      versioned(feature, { v1: () => v1, v2: loader as VersionLoader<object>, ...rest }),
  ],
];

const lazyFace = (name: string): LazyFace => lazyFaces.find(([found]) => found === name)![1];

export const faces: Named<Face> = [
  [
    'FeatureGate',
    ({ v1, V2, feature = 'panel', ...rest }) =>
      () => (
        <FeatureGate feature={feature} fallback={v1} {...rest}>
          <V2 />
        </FeatureGate>
      ),
  ],
  [
    'FeatureGate with a lazy v2',
    ({ V2, ...rest }) => lazyFace('FeatureGate with a lazy v2')({ ...rest, loader: async () => ({ default: V2 }) }),
  ],
  [
    'VersionSwitcher',
    ({ v1, V2, feature = 'panel', ...rest }) =>
      () => <VersionSwitcher feature={feature} v1={v1} v2={<V2 />} {...rest} />,
  ],
  [
    'FallbackBoundary',
    ({ v1, V2, feature = 'panel', ...rest }) =>
      () => (
        <FallbackBoundary feature={feature} fallback={v1} {...rest}>
          <V2 />
        </FallbackBoundary>
      ),
  ],
  ['versioned', ({ V2, ...rest }) => lazyFace('versioned')({ ...rest, loader: async () => ({ default: V2 }) })],
];

/** Those that ask whether the feature is on. A FallbackBoundary always tries v2. */
export const gatingFaces = faces.filter(([name]) => name !== 'FallbackBoundary');
export const gatingLazyFaces = lazyFaces.filter(([name]) => !name.startsWith('FallbackBoundary'));
/** Those whose v2 is there from the first render. */
export const eagerFaces = faces.filter(([name]) => name !== 'versioned' && !name.includes('lazy'));

/** A face in a page with a client of its own: what most rows begin with. */
export function mountFace(
  Face: ComponentType,
  { client = testClient(), ...options }: MountOptions & { readonly client?: TestClient } = {},
): TestClient & { readonly page: Mounted } {
  const ui = (
    <client.Provider>
      <Face />
    </client.Provider>
  );
  return { ...client, page: mount(ui, options) };
}

/** A component that throws while rendering. */
export const thrower = (error: unknown) => (): ReactNode => {
  throw error;
};

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
