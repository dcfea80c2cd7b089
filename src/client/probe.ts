import type { GateHost } from './gateHost.js';

/** The right of one gate to try v2 for a half-open breaker. */
export interface Probe {
  isHeld(): boolean;
  /** @param onLost called when another tab had to take it over */
  take(onLost: () => void): void;
  drop(): void;
}

export function createProbe(take: GateHost['takeProbe']): Probe {
  let release: (() => void) | undefined;
  return {
    isHeld: () => release !== undefined,
    take(onLost) {
      release ??= take(() => {
        release = undefined;
        onLost();
      });
    },
    drop() {
      release?.();
      release = undefined;
    },
  };
}
