import { evaluate } from '../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../src/evaluate/parseSnapshot.js';

/** One page's work on one snapshot, in ms. */
interface CapsTimes {
  readonly jsonMs: number;
  readonly parseMs: number;
  readonly evaluateMs: number;
  readonly features: number;
}

/** Reads a snapshot and decides all of it, for a user that was never seen. */
function timeSnapshot(text: string, targetingKey: string): CapsTimes {
  const startedMs = performance.now();
  const value: unknown = JSON.parse(text);
  const readMs = performance.now();
  const parsed = parseSnapshot(value);
  const parsedMs = performance.now();
  if (parsed.status !== 'valid' || parsed.problems.length > 0) throw new Error(JSON.stringify(parsed.problems));
  const { snapshot } = parsed;
  const nowMs = Date.now();
  for (const feature of snapshot.features.keys()) evaluate(snapshot, feature, { targetingKey }, { nowMs });
  return {
    jsonMs: readMs - startedMs,
    parseMs: parsedMs - readMs,
    evaluateMs: performance.now() - parsedMs,
    features: snapshot.features.size,
  };
}

const capsBench = { timeSnapshot };

declare global {
  interface Window {
    capsBench: typeof capsBench;
  }
}

window.capsBench = capsBench;
