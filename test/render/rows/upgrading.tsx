// What the rows about v1 giving way to v2 begin with: a v1 in use, with text in it.
import type { ComponentType } from 'react';
import { userEvent } from 'vitest/browser';
import { vi } from 'vitest';
import { painted } from '../../harness/mount.js';
import { useFallbackBoundary, type GateProps } from '../../../src/index.js';
import { createV1, mountFace, testClient, type Face } from '../setup.js';

export interface Upgrading extends Omit<GateProps, 'resetKeys'> {
  readonly V2: ComponentType;
}

/** Mounts a face on v1 and types into it; `upgrade` brings v2. A boundary has tried v2 already, and is reset. */
export async function mountOnV1([name, makeFace]: readonly [string, Face], { V2, ...props }: Upgrading) {
  const isBoundary = name === 'FallbackBoundary';
  let isBroken = isBoundary;
  let reset = () => {};
  const Tried = () => {
    if (isBroken) throw new Error('not yet');
    return <V2 />;
  };
  const Reset = () => {
    reset = useFallbackBoundary().reset;
    return null;
  };
  const { V1, seen } = createV1();
  const v1 = (
    <>
      <V1 />
      <Reset />
    </>
  );
  const client = testClient({ live: { percentage: isBoundary ? 100 : 0 } });
  const { page } = mountFace(makeFace({ ...props, feature: 'live', v1, V2: Tried }), { client, strict: false });
  const input = await vi.waitUntil(() => page.container.querySelector<HTMLInputElement>('[aria-label="v1 text"]'));
  await userEvent.fill(input, 'typed');
  await painted();
  client.fallbacks.length = 0;
  client.sink.observations.length = 0;
  const before = { ...seen };
  return {
    ...client,
    page,
    input,
    /** v1's mounts and cleanups since the upgrade. */
    seen: () => ({ mounts: seen.mounts - before.mounts, cleanups: seen.cleanups - before.cleanups }),
    /** What people see: hidden elements count for nothing. */
    visible: () => page.container.innerText.trim(),
    upgrade() {
      isBroken = false;
      if (isBoundary) reset();
      else client.publish({ live: { percentage: 100 } });
    },
  };
}
