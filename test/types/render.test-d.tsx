import { expectTypeOf, test } from 'vitest';
import {
  createSwitchback,
  defineFeatures,
  FallbackBoundary,
  FeatureGate,
  lazyVersion,
  SwitchbackProvider,
  useFeature,
  useFeatureConfig,
  useFeatureDetails,
  versioned,
  VersionSwitcher,
  type Decision,
  type JsonObject,
} from '../../src/index.js';

const features = defineFeatures({ panel: {} });
const V1 = (props: { session: string }) => <p>{props.session}</p>;

test('a gate needs a fallback', () => {
  // @ts-expect-error -- fallback is missing
  <FeatureGate feature="panel">v2</FeatureGate>;
  <FeatureGate feature="panel" fallback={null}>
    {(details) => details.reason}
  </FeatureGate>;
});

test('a boundary takes exactly one kind of fallback', () => {
  // @ts-expect-error -- none
  <FallbackBoundary>v2</FallbackBoundary>;
  // @ts-expect-error -- two
  <FallbackBoundary fallback="v1" fallbackRender={() => 'v1'}>
    v2
  </FallbackBoundary>;
  <FallbackBoundary fallbackRender={({ error, reset }) => <button onClick={reset}>{String(error)}</button>}>
    v2
  </FallbackBoundary>;
});

test('a switcher needs both versions and a known toggle', () => {
  // @ts-expect-error -- v2 is missing
  <VersionSwitcher feature="panel" v1="v1" />;
  // @ts-expect-error -- v1 is missing
  <VersionSwitcher feature="panel" v2="v2" />;
  // @ts-expect-error -- no such toggle
  <VersionSwitcher feature="panel" v1="v1" v2="v2" toggle="sometimes" />;
});

test('a versioned component has v1’s props, and its v2 must take them', () => {
  const Panel = versioned('panel', { v1: V1, v2: async () => ({ default: (_: { session: string }) => null }) });
  <Panel session="s1" />;
  // @ts-expect-error -- a prop of v1 is missing
  <Panel />;
  // @ts-expect-error -- this v2 wants a number
  versioned('panel', { v1: V1, v2: async () => ({ default: (_: { session: number }) => null }) });
  versioned('panel', { v1: V1, v2: async () => ({ default: () => null }) });
  // @ts-expect-error -- v1 is missing
  versioned('panel', { v2: async () => ({ default: () => null }) });
  expectTypeOf(Panel.preload).returns.toEqualTypeOf<Promise<void>>();
});

test('a lazy version keeps the props of what it loads', () => {
  const Lazy = lazyVersion(async () => ({ default: V1 }));
  <Lazy session="s1" />;
  // @ts-expect-error -- a prop is missing
  <Lazy />;
  // @ts-expect-error -- no component
  lazyVersion(async () => ({ default: 42 }));
});

test('a provider takes options or a client, not both', () => {
  const client = createSwitchback({ features });
  <SwitchbackProvider client={client} />;
  <SwitchbackProvider features={features} url="/api" />;
  // @ts-expect-error -- both
  <SwitchbackProvider client={client} url="/api" />;
  // @ts-expect-error -- features are missing
  <SwitchbackProvider url="/api" />;
});

test('hooks say what they give', () => {
  expectTypeOf(useFeature).returns.toEqualTypeOf<boolean>();
  expectTypeOf(useFeatureDetails).returns.toEqualTypeOf<Decision>();
  expectTypeOf(useFeatureConfig<'panel'>).returns.toEqualTypeOf<JsonObject>();
});
