// 1,000 gates beside 1,000 pairs of an error boundary and a Suspense, as one would write them by hand.
import { Component, startTransition, Suspense, useLayoutEffect, useState, type ReactNode } from 'react';
import { FeatureGate, useFeature } from 'react-switchback';
import { SkeletonGate } from './skeleton.js';
import { gateCount, keys, openScene, settled, type Scene } from './scene.js';

class Boundary extends Component<{ readonly fallback: ReactNode; readonly children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };
  static getDerivedStateFromError() {
    return { failed: true };
  }
  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}

const indexes = Array.from({ length: gateCount }, (_, index) => index);
const fallback = <b>v1</b>;

/** How v2 is guarded: `skeleton` is a gate of empty parts, `askingPair` asks its feature first, as a gate does. */
export type Guard = 'gate' | 'skeleton' | 'askingPair' | 'pair' | 'none';

const Asking = ({ feature, children }: { readonly feature: string; readonly children: ReactNode }) =>
  useFeature(feature) ? children : fallback;

const guards: Readonly<Record<Guard, (index: number, v2: ReactNode) => ReactNode>> = {
  gate: (index, v2) => (
    <FeatureGate key={index} feature={keys[index % keys.length]!} fallback={fallback}>
      {v2}
    </FeatureGate>
  ),
  skeleton: (index, v2) => (
    <SkeletonGate key={index} fallback={fallback}>
      {v2}
    </SkeletonGate>
  ),
  askingPair: (index, v2) => (
    <Asking key={index} feature={keys[index % keys.length]!}>
      {guards.pair(index, v2)}
    </Asking>
  ),
  pair: (index, v2) => (
    <Boundary key={index} fallback={fallback}>
      <Suspense fallback={fallback}>{v2}</Suspense>
    </Boundary>
  ),
  none: (_index, v2) => v2,
};

/** Mounts 1,000 in an empty page and takes them away. @returns the mount, ms */
export function timeMount(guard: Guard): number {
  const scene = openScene();
  scene.render(null);
  const ui = indexes.map((index) => guards[guard](index, <b key={index}>v2</b>));
  const startedMs = performance.now();
  scene.render(ui);
  const tookMs = performance.now() - startedMs;
  scene.close();
  return tookMs;
}

let kept: Scene | undefined;

/** Mounts 1,000 and leaves them there, for the heap to be looked at; none takes them away. */
export async function keepMounted(guard: Guard | null): Promise<void> {
  kept?.close();
  kept = undefined;
  if (guard !== null) {
    kept = openScene();
    kept.render(indexes.map((index) => guards[guard](index, <b key={index}>v2</b>)));
  }
  await settled();
}

export interface TransitionRun {
  /** Renders of the v2s that work, until the transition is on the screen and after that. */
  readonly others: { readonly until: number; readonly after: number };
  /** Positions that show v1 then. */
  readonly onV1: readonly number[];
}

/** Mounts 1,000 in one transition, of which one v2 throws. */
export async function mountInTransition(guard: Guard): Promise<TransitionRun> {
  const failing = 500;
  let others = 0;
  const V2 = ({ index }: { readonly index: number }) => {
    if (index === failing) throw new Error('v2 fails on mount');
    others++;
    return <b>v2</b>;
  };
  let show = () => {};
  const List = () => {
    const [isShown, setShown] = useState(false);
    useLayoutEffect(() => {
      show = () => startTransition(() => setShown(true));
    }, []);
    return isShown ? indexes.map((index) => guards[guard](index, <V2 key={index} index={index} />)) : null;
  };
  const scene = openScene();
  scene.render(<List />);
  let untilShown = 0;
  const observer = new MutationObserver(() => {
    untilShown ||= others;
  });
  observer.observe(scene.container, { childList: true, subtree: true });
  show();
  while (scene.container.childElementCount < gateCount) await settled();
  await settled();
  observer.disconnect();
  const onV1 = indexes.filter((index) => scene.container.children[index]?.textContent === 'v1');
  scene.close();
  return { others: { until: untilShown, after: others - untilShown }, onV1 };
}
