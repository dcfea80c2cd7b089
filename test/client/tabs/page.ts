// One tab of ten. Time runs twice as fast as the clock, so that leases run out while one can wait for it.
import { createSwitchback, defineFeatures } from 'react-switchback/client';

declare global {
  interface Window {
    /** Hears when a probe of v2 begins and ends here, in ms since 1970 by a clock that nobody sets. */
    record(what: 'start' | 'end', atMs: number): Promise<void>;
    tab: Tab;
  }
}

interface Tab {
  /** Three failures of v2. */
  fail(): void;
  state(): 'closed' | 'open' | 'halfOpen';
  /** From now on mounts a gate again and again; whoever gets to show v2 leaves before it settles. */
  tryOn(): void;
  /** The next v2 stays on the screen. */
  stay(): void;
  tries(): number;
  /** Leaves v2, does nothing at all for a while, and then tries at once: whether it got to show v2. */
  hang(forMs: number): Promise<boolean>;
}

const speed = 2;
const sinceMs = 1_795_244_451_480;

const client = createSwitchback({
  features: defineFeatures({ panel: {} }),
  initial: {
    schema: 1,
    kind: 'rules',
    epoch: 1,
    revision: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    emergency: null,
    kills: [],
    features: { panel: { enabled: true, percentage: 100 } },
  },
  context: { targetingKey: 'user-1' },
  breaker: { coolDownMs: 3_000 },
  settleMs: 4_000,
  clock: {
    now: () => sinceMs + (Date.now() - sinceMs) * speed,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / speed);
      return () => clearTimeout(timer);
    },
  },
});
client.start();

const isV2 = (gate: ReturnType<typeof create>) => gate.getView().shows === 'v2';
const create = () => client.internals.createGate('panel', null);
const record = (what: 'start' | 'end') => void window.record(what, performance.timeOrigin + performance.now());

let tries = 0;
let isTrying = false;
let isStaying = false;
let leave: (() => void) | undefined;

function tryOnce(): void {
  if (leave || window.tab.state() !== 'halfOpen') return;
  tries++;
  const gate = create();
  const unmount = gate.connect();
  if (!isV2(gate)) return unmount();
  record('start');
  gate.committed('v2', 1);
  const own = () => {
    if (isStaying || leave !== own) return;
    record('end');
    unmount();
    leave = undefined;
  };
  leave = own;
  setTimeout(own, 100 + Math.random() * 300);
}

window.tab = {
  fail() {
    for (let failure = 0; failure < 3; failure++) client.reportFailure('panel', new Error(`broke ${failure}`));
  },
  state() {
    if (client.getDecision('panel').reason === 'CIRCUIT_OPEN') return 'open';
    return isV2(create()) ? 'closed' : 'halfOpen';
  },
  tryOn() {
    if (isTrying) return;
    isTrying = true;
    setInterval(tryOnce, 20);
  },
  stay() {
    isStaying = true;
  },
  tries: () => tries,
  async hang(forMs) {
    leave?.();
    await Promise.resolve();
    const untilMs = performance.now() + forMs;
    while (performance.now() < untilMs);
    tryOnce();
    return leave !== undefined;
  },
};
