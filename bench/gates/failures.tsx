// v2 fails again and again: what stays in memory, and what people see between v2 and v1.
import { useEffect, useLayoutEffect, useState, type ReactNode } from 'react';
import { FallbackBoundary, FeatureGate } from 'react-switchback';
import { keys, openScene, settled, type Scene } from './scene.js';

const feature = keys[0]!;
const fallback = <b>v1</b>;

/** Which of our components is around v2. */
export type Face = 'FeatureGate' | 'FallbackBoundary';
const faces: Readonly<Record<Face, (v2: ReactNode, attempt: number) => ReactNode>> = {
  FeatureGate: (v2, attempt) => (
    <FeatureGate feature={feature} fallback={fallback} resetKeys={[attempt]}>
      {v2}
    </FeatureGate>
  ),
  FallbackBoundary: (v2, attempt) => (
    <FallbackBoundary feature={feature} fallback={fallback} resetKeys={[attempt]}>
      {v2}
    </FallbackBoundary>
  ),
};

let refs: WeakRef<object>[] = [];
let open: Scene | undefined;

/** Fails and resets a v2 so many times; it stays on v2. Two objects of each cycle are watched: what was thrown, and v2's state. */
export async function failAndReset(face: Face, cycles: number): Promise<void> {
  open?.close();
  refs = [];
  let fail: (error: Error) => void = () => {};
  const V2 = () => {
    const [state] = useState(() => ({ rows: Array.from({ length: 100 }, (_, row) => row) }));
    const [error, setError] = useState<Error>();
    useLayoutEffect(() => {
      refs.push(new WeakRef(state));
      fail = setError;
      return () => {
        fail = () => {};
      };
    }, [state]);
    if (error) throw error;
    return <b>v2</b>;
  };
  const scene = openScene();
  open = scene;
  scene.render(faces[face](<V2 />, 0));
  for (let attempt = 1; attempt <= cycles; attempt++) {
    const error = new Error(`failure ${attempt}`);
    refs.push(new WeakRef(error));
    fail(error);
    await shown(scene, 'v1');
    scene.render(faces[face](<V2 />, attempt));
    await shown(scene, 'v2');
  }
  await settled();
}

/** How many of the watched objects are still there. Call after a garbage collection. */
export const countRetained = () => {
  // The last one is the state of the v2 that is on the page: if it were gone, nothing was watched.
  const living = refs.at(-1);
  const others = refs.filter((ref) => ref !== living);
  return {
    watched: others.length,
    retained: others.filter((ref) => ref.deref() !== undefined).length,
    isWatching: living?.deref() !== undefined,
  };
};

async function shown(scene: Scene, text: string): Promise<void> {
  const endsMs = performance.now() + 5_000;
  while (scene.container.textContent !== text) {
    if (performance.now() > endsMs) throw new Error(`${text} does not come, but ${scene.container.textContent}`);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** When v2 throws. */
export type Moment = 'mount' | 'update' | 'layoutEffect' | 'effect';

export interface FrameRun {
  readonly runs: number;
  /** Runs in which v1 was in the document in the very frame in which v2 threw. */
  readonly sameFrame: number;
  /** Frames that showed nothing. */
  readonly blank: number;
  /** The most frames that one run showed of a v2 that was about to throw. */
  readonly brokenFrames: number;
}

/** Lets v2 throw so many times, at another time of a frame each, and looks at the page in every frame. */
export async function sampleFrames(moment: Moment, runs: number): Promise<FrameRun> {
  let frame = 0;
  let blank = 0;
  let brokenFrames = 0;
  let thrownIn = -1;
  let fail = () => {};
  const throwNow = (): never => {
    thrownIn = frame;
    throw new Error('v2 fails');
  };
  const Broken = () => {
    const isBroken = true;
    useLayoutEffect(() => {
      if (isBroken && moment === 'layoutEffect') throwNow();
    }, [isBroken]);
    useEffect(() => {
      if (isBroken && moment === 'effect') throwNow();
    }, [isBroken]);
    if (moment === 'mount' || moment === 'update') throwNow();
    return <b>broken v2</b>;
  };
  const V2 = () => {
    const [isBroken, setBroken] = useState(false);
    useLayoutEffect(() => {
      fail = () => setBroken(true);
    }, []);
    return isBroken ? <Broken /> : <b>v2</b>;
  };

  const scene = openScene();
  let isSampling = true;
  let brokenNow = 0;
  const sample = () => {
    frame++;
    const { textContent } = scene.container;
    if (textContent === '') blank++;
    if (textContent === 'broken v2') brokenFrames = Math.max(brokenFrames, ++brokenNow);
    if (isSampling) requestAnimationFrame(sample);
  };
  let v1In = -1;
  const observer = new MutationObserver(() => {
    if (scene.container.textContent === 'v1') v1In = frame;
  });
  observer.observe(scene.container, { childList: true, subtree: true });

  const healthy = faces.FeatureGate(<V2 />, 0);
  scene.render(healthy);
  requestAnimationFrame(sample);
  let sameFrame = 0;
  for (let run = 1; run <= runs; run++) {
    await new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, run % 16)));
    [thrownIn, v1In, brokenNow] = [-1, -1, 0];
    if (moment === 'mount') scene.render(faces.FeatureGate(<Broken />, run));
    else fail();
    await shown(scene, 'v1');
    if (thrownIn === v1In) sameFrame++;
    scene.render(faces.FeatureGate(<V2 />, -run));
    await shown(scene, 'v2');
  }
  await settled();
  isSampling = false;
  observer.disconnect();
  scene.close();
  return { runs, sameFrame, blank, brokenFrames };
}
