import { expect, test, vi } from 'vitest';
import { createGate } from '../../src/client/createGate.js';
import { Episode } from '../../src/client/episode.js';
import type { GateHost } from '../../src/client/gateHost.js';
import { createSettling } from '../../src/client/settling.js';
import type { Decision } from '../../src/decide/decide.js';
import { createFakeClock } from '../harness/fakeClock.js';

const wanted: Decision = { feature: 'panel', version: 'v2', enabled: true, reason: 'SPLIT' };
const tripped: Decision = { feature: 'panel', version: 'v1', enabled: false, reason: 'CIRCUIT_OPEN' };

/** A gate of a feature whose breaker is half-open, with one probe to be had. */
function halfOpenGate() {
  const clock = createFakeClock();
  const release = vi.fn();
  let lose = () => {};
  let isTaken = false;
  const seen: string[] = [];
  const host: GateHost = {
    feature: 'panel',
    clock,
    loads: () => undefined,
    decision: () => wanted,
    shownVersion: () => 'v1',
    isKill: () => false,
    serverDecision: () => wanted,
    viewFor: ({ mountedOn, hasProbe }) =>
      hasProbe || mountedOn === 'v2'
        ? { shows: 'v2', decision: wanted, component: undefined, isHtml: false, isProven: true }
        : { shows: 'v1', because: 'tripped', decision: tripped },
    mountOnV1: () => () => {},
    takeProbe(onLost) {
      if (isTaken) return undefined;
      isTaken = true;
      lose = onLost;
      return release;
    },
    subscribe: () => () => {},
    beginEpisode: (version, decision, isFallback, gate) =>
      new Episode({
        version,
        decision,
        isFallback,
        host: { settling: createSettling(clock, 2_000), exposed: () => {}, settled: () => {} },
        emit: ({ kind }) => void seen.push(`${version} ${kind}`),
        gate,
      }),
    observer: () => () => {},
    failed: () => {},
    onFallback: () => {},
    guardHost: (_operation, run) => run(),
  };
  const gate = createGate(host, null);
  gate.connect();
  return { gate, clock, release, lose: () => lose(), seen };
}

test('a gate that lost its probe to another tab goes back to v1 at once', () => {
  const { gate, lose, seen } = halfOpenGate();
  expect(gate.getView().shows).toBe('v2');
  gate.committed('v2', 1);

  lose();

  expect(gate.getView()).toMatchObject({ shows: 'v1', because: 'tripped' });
  expect(seen).toContain('v2 aborted');
});

test('a gate gives its probe back once v2 has settled, and keeps v2', async () => {
  const { gate, clock, release } = halfOpenGate();
  gate.committed('v2', 1);
  expect(release).not.toHaveBeenCalled();

  await clock.advance(2_000);

  expect(release).toHaveBeenCalledOnce();
  expect(gate.getView().shows).toBe('v2');
});
