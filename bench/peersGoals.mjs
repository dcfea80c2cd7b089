// The recorded comparison with other packages, read as goals: what was measured, beside what, and whether that is enough.
import { readFile } from 'node:fs/promises';

/** @param path beside this file; default: the recorded ones */
export const readResults = async (path = './peers/results.json') =>
  JSON.parse(await readFile(new URL(path, import.meta.url), 'utf8'));

const oneBlock = 'one-block SHA-256 (own reference)';
const times = (ratio) => `${ratio.toFixed(2)} ×`;

/** One row per goal: `{ what, measured, beside, goal, isMet }`; empty without a row of ours. */
export function peersGoals({ rows, hashes, bucketVsOneBlock }) {
  const ours = rows.find(({ id }) => id === 'switchback');
  const reference = rows.find(({ id }) => id === 'baseline-per-key');
  const unleash = rows.find(({ id }) => id === 'unleash');
  if (ours === undefined || reference === undefined) return [];
  const { vsReference, vsUnleash } = ours;
  const again = hashes['Switchback: bucket again, getDecision().bucket'];
  const row = (what, isMeasured, build) => (isMeasured ? [{ what, ...build() }] : []);
  return [
    ...row('evaluation from memory', vsReference.evalNs != null, () => ({
      measured: `${ours.evalNs.toFixed(0)} ns, ${times(vsReference.evalNs)}`,
      beside: `per-key store, ${reference.evalNs.toFixed(0)} ns`,
      goal: '≤ 3 ×',
      isMet: vsReference.evalNs <= 3,
    })),
    ...row('first bucket', bucketVsOneBlock != null, () => ({
      measured: `${hashes['Switchback: bucketOf, no memo'].toFixed(0)} ns, ${times(bucketVsOneBlock)}`,
      beside: `one-block SHA-256, ${hashes[oneBlock].toFixed(0)} ns`,
      goal: '≤ 1.25 ×',
      isMet: bucketVsOneBlock <= 1.25,
    })),
    ...row('bucket again', again != null, () => ({
      measured: `${again.toFixed(0)} ns`,
      beside: `Map lookup by name, ${hashes['memo: Map lookup by feature name (session fixed)'].toFixed(0)} ns`,
      goal: '≤ 25 ns',
      isMet: again <= 25,
    })),
    ...row('mount of 1,000 consumers', vsReference.hookMs != null, () => ({
      measured: `${ours.hookMs.toFixed(2)} ms, ${times(vsReference.hookMs)}`,
      beside: `per-key store, ${reference.hookMs.toFixed(2)} ms`,
      goal: '≤ 1.25 ×',
      isMet: vsReference.hookMs <= 1.25,
    })),
    ...row('mount beside Unleash', vsUnleash?.hookMs != null, () => ({
      measured: times(vsUnleash.hookMs),
      beside: `Unleash, ${unleash.hookMs.toFixed(2)} ms`,
      goal: '≤ 0.5 ×',
      isMet: vsUnleash.hookMs <= 0.5,
    })),
    ...row('one change: renders', ours.changeRenders != null, () => ({
      measured: `${ours.changeRenders}`,
      beside: `per-key store, ${reference.changeRenders}`,
      goal: '10',
      isMet: ours.changeRenders === 10,
    })),
    ...row('one change, call to DOM', vsReference.changeMs != null, () => ({
      measured: `${ours.changeMs.toFixed(2)} ms, ${times(vsReference.changeMs)}`,
      beside: `per-key store, ${reference.changeMs.toFixed(2)} ms`,
      goal: '≤ 1.3 ×',
      isMet: vsReference.changeMs <= 1.3,
    })),
    ...row('unchanged refetch, to ready: renders', ours.refetchRenders != null, () => ({
      measured: `${ours.refetchRenders}, ${ours.extraRendersToReady}`,
      beside: `per-key store, ${reference.refetchRenders}, ${reference.extraRendersToReady}`,
      goal: '0, 0',
      isMet: ours.refetchRenders === 0 && ours.extraRendersToReady === 0,
    })),
    ...row('memory per consumer', ours.bytesOverFloor != null, () => ({
      measured: `${ours.bytesOverFloor.toFixed(0)} bytes`,
      beside: `per-key store, ${reference.bytesOverFloor.toFixed(0)} bytes`,
      goal: '≤ 1,600 bytes',
      isMet: ours.bytesOverFloor <= 1_600,
    })),
    ...row('server rendering', ours.ssrVsFloor != null, () => ({
      measured: `${ours.ssrMs.toFixed(2)} ms, ${times(ours.ssrVsFloor)}`,
      beside: `constant props; per-key store is ${times(reference.ssrVsFloor)}`,
      goal: '≤ 1.2 ×',
      isMet: ours.ssrVsFloor <= 1.2,
    })),
    ...row('server rendering, the 1,000th beside the 100th', ours.ssrDrift != null, () => ({
      measured: times(ours.ssrDrift),
      beside: `per-key store, ${times(reference.ssrDrift)}`,
      goal: '≤ 1.1 ×',
      isMet: ours.ssrDrift <= 1.1,
    })),
  ];
}
