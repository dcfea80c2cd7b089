import { checksumOf } from 'react-switchback/migrate';

/** An event as its sender stamped it, before it went down either road. */
export interface StampedEvent {
  readonly sequence: number;
  readonly checksum: string;
  readonly payload: unknown;
}

export interface StreamComparison {
  readonly compared: number;
  /** Came by v1 alone, by v2 alone, or arrived by v2 with another payload than it was sent with. */
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly outOfOrder: number;
  /** 0–1 of the events that were judged. */
  readonly discrepancyRate: number;
  readonly isAlert: boolean;
}

export interface CompareStreamsOptions {
  /** How many newer events either stream may be ahead before one that did not come counts as missing. */
  readonly maxAhead: number;
  /** A rate above this is an alert, 0–1. */
  readonly alertRate: number;
  readonly onAlert: (comparison: StreamComparison) => void;
}

/** Compares what two streams bring, in memory that is bounded by `maxAhead`. */
export function compareStreams({ maxAhead, alertRate, onAlert }: CompareStreamsOptions) {
  const counts = { compared: 0, missing: 0, extra: 0, different: 0, outOfOrder: 0 };
  const waiting = { v1: new Map<number, StampedEvent>(), v2: new Map<number, StampedEvent>() };
  const last = { v1: -Infinity, v2: -Infinity };
  let wasAlert = false;

  const result = (): StreamComparison => {
    const wrong = counts.missing + counts.extra + counts.different;
    const judged = counts.compared + counts.missing + counts.extra;
    const discrepancyRate = judged === 0 ? 0 : wrong / judged;
    return { ...counts, discrepancyRate, isAlert: discrepancyRate > alertRate };
  };
  const giveUp = (before: number): void => {
    for (const [side, problem] of [
      ['v1', 'missing'],
      ['v2', 'extra'],
    ] as const)
      for (const sequence of waiting[side].keys())
        if (sequence < before) {
          waiting[side].delete(sequence);
          counts[problem]++;
        }
  };
  const judge = (): void => {
    const now = result();
    if (now.isAlert && !wasAlert) onAlert(now);
    wasAlert = now.isAlert;
  };
  return {
    hear(side: 'v1' | 'v2', event: StampedEvent): void {
      const { sequence, checksum, payload } = event;
      if (sequence < last[side]) counts.outOfOrder++;
      last[side] = Math.max(last[side], sequence);
      const other = side === 'v1' ? 'v2' : 'v1';
      const twin = waiting[other].get(sequence);
      if (twin) {
        waiting[other].delete(sequence);
        counts.compared++;
        const isSame = twin.checksum === checksum && checksumOf(twin.payload) === checksumOf(payload);
        if (!isSame || checksumOf(payload) !== checksum) counts.different++;
      } else waiting[side].set(sequence, event);
      giveUp(Math.max(last.v1, last.v2) - maxAhead);
      judge();
    },
    /** Both streams ended: what waits will not come. */
    end(): StreamComparison {
      giveUp(Infinity);
      judge();
      return result();
    },
  };
}
