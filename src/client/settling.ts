import type { Clock } from './clock.js';

/** Something that is to stay on the screen for a while. */
export interface Settles {
  settle(): void;
}

/** Those that wait for the same moment, with one timer for all of them. */
export interface SettlingBatch {
  leave(member: Settles): void;
}

/** Lets versions settle some time after they were exposed. A list of gates mounts within one frame and is one batch. */
export interface Settling {
  join(member: Settles): SettlingBatch;
}

const frameMs = 16;

export function createSettling(clock: Clock, settleMs: number): Settling {
  let latest: (SettlingBatch & { readonly atMs: number; readonly members: Set<Settles> }) | undefined;

  const open = (atMs: number) => {
    const members = new Set<Settles>();
    const close = (): void => {
      if (latest === batch) latest = undefined;
    };
    const cancel = clock.after(settleMs, () => {
      close();
      for (const member of members) member.settle();
    });
    const batch = {
      atMs,
      members,
      leave(member: Settles) {
        if (!members.delete(member) || members.size > 0) return;
        close();
        cancel();
      },
    };
    return batch;
  };

  return {
    join(member) {
      const nowMs = clock.now();
      // A clock that was set back says nothing about how long ago that was.
      if (!latest || nowMs < latest.atMs || nowMs >= latest.atMs + frameMs) latest = open(nowMs);
      latest.members.add(member);
      return latest;
    },
  };
}
