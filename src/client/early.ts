import type { Clock } from './clock.js';
import type { Emit } from './episode.js';

export interface EarlyOptions {
  readonly clock: Clock;
  /** Whether something is still to be decided, and may be before long. */
  readonly isUndecided: () => boolean;
}

/**
 * What is observed before anything is decided: v1 is on the screen, and nobody knows yet whether as a version or in place of v2.
 * So it waits until that is known, or will not be before long.
 */
export interface Early {
  /** Tells later. @param decide says how: asked once, as the first observation goes, for all that follow */
  emit(decide: () => Emit): Emit;
  /** Lets go of what waits, unless there is something to wait for. */
  look(): void;
  /** Lets go of what waits. */
  flush(): void;
}

const maxWaiting = 500;

export function createEarly({ clock, isUndecided }: EarlyOptions): Early {
  const page = globalThis.document;
  let waiting: (() => void)[] = [];

  const flush = (): void => {
    page?.removeEventListener('visibilitychange', flush, true);
    const given = waiting;
    waiting = [];
    for (const give of given) give();
  };
  return {
    emit(decide) {
      let decided: Emit | undefined;
      return (observed) => {
        const atMs = clock.now();
        const give = (): void => (decided ??= decide())(observed, atMs);
        if (decided || !isUndecided()) return give();
        // It may be hidden for good. Capturing comes before the sinks, which send then.
        if (waiting.push(give) === 1) page?.addEventListener('visibilitychange', flush, true);
        // Nothing is lost: it goes as if nothing had ever been decided.
        if (waiting.length > maxWaiting) waiting.shift()?.();
      };
    },
    look() {
      if (!isUndecided()) flush();
    },
    flush,
  };
}
