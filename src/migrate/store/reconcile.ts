// Comes in: a staged store. Goes out: what its two sides do not hold alike, mended where asked. Who calls: hosts, the CLI.
import { refuseOption, SwitchbackError } from '../../error.js';
import { inRange } from '../../evaluate/kind.js';
import type { StagedStore } from './createStagedStore.js';
import type { RecordStore, StoredRecord } from './recordStore.js';
import { otherOf } from './stage.js';
import { checkStore } from './stagedStoreOptions.js';

/** What is wrong with a record, seen from the authoritative store. */
export type Discrepancy = 'missing' | 'different' | 'extra';

/** What was found among the keys of one stretch. */
export interface ReconcileWindow {
  readonly from: string;
  readonly until: string;
  readonly checked: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
}

/** What was found among all keys that were compared. */
export interface ReconcileResult extends Omit<ReconcileWindow, 'from' | 'until'> {
  /** Of a key that a repair waits for already: in none of the three. */
  readonly pending: number;
  readonly repaired: number;
  /** 0–1: missing, different and extra records, of those checked. */
  readonly discrepancyRate: number;
  readonly isAlert: boolean;
  /** The first 1,000 of them. */
  readonly found: readonly { readonly key: string; readonly discrepancy: Discrepancy }[];
  /** At most 1,000; further keys are in the last. */
  readonly windows: readonly ReconcileWindow[];
}

/** Which keys are compared, and whether what is wrong is mended. */
export interface ReconcileOptions {
  /** Only keys after this one. */
  readonly after?: string | undefined;
  /** Only keys up to this one. */
  readonly until?: string | undefined;
  /** Records read at once, and of a window: 1–10,000, default 500. */
  readonly windowSize?: number | undefined;
  /** Copies what is missing or different from the authoritative store, and removes what is extra. */
  readonly repair?: boolean | undefined;
  /** A rate above this is an alert: 0–1, default 0.001. */
  readonly alertRate?: number | undefined;
  readonly onProgress?: ((progress: { readonly checked: number; readonly discrepancies: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const maxFound = 1_000;
const maxWindows = 1_000;

/**
 * Compares both sides of a staged store, key by key in their order, while it is in use: what seems to differ is looked at again
 * between the writes of its key. A whole pass that leaves nothing behind says that both hold the same, so that the next stage
 * may follow.
 * @throws SwitchbackError `invalid-option`, also for a store without `list` or one whose list is not in order
 */
export async function reconcile<Value>(
  store: StagedStore<Value>,
  options: ReconcileOptions = {},
): Promise<ReconcileResult> {
  const { windowSize = 500, alertRate = 0.001, repair = false, after, until, signal, onProgress } = options;
  const size = inRange(1, 10_000);
  const rate = inRange(0, 1);
  if (!size.accepts(windowSize)) refuseOption('windowSize', size.expected, windowSize);
  if (!rate.accepts(alertRate)) refuseOption('alertRate', rate.expected, alertRate);
  const { sides, plan, isSame, judge: judgeNow, misses } = store.internals;
  for (const side of ['v1', 'v2'] as const) checkStore(side, sides[side], ['list']);
  const { reads } = await plan();
  const other = otherOf(reads);
  const missesBefore = misses(other);

  const totals = { checked: 0, missing: 0, different: 0, extra: 0, pending: 0, repaired: 0 };
  const found: { key: string; discrepancy: Discrepancy }[] = [];
  const windows: { from: string; until: string; checked: number; missing: number; different: number; extra: number }[] =
    [];
  let left = 0;

  const count = (key: string, discrepancy?: Discrepancy): void => {
    totals.checked++;
    const latest = windows.at(-1);
    const isFull = !latest || (latest.checked >= windowSize && windows.length < maxWindows);
    const window = isFull ? { from: key, until: key, checked: 0, missing: 0, different: 0, extra: 0 } : latest;
    if (isFull) windows.push(window);
    window.until = key;
    window.checked++;
    if (!discrepancy) return;
    totals[discrepancy]++;
    window[discrepancy]++;
    if (found.length < maxFound) found.push({ key, discrepancy });
  };
  const judge = async (key: string, discrepancy: Discrepancy | undefined): Promise<void> => {
    // What was written while the pages were read is no discrepancy.
    const judgement = discrepancy ? await judgeNow(key, other, repair) : 'same';
    if (judgement === 'pending') totals.pending++;
    if (judgement === 'repaired') totals.repaired++;
    else if (judgement !== 'same') left++;
    count(key, judgement === 'same' || judgement === 'pending' ? undefined : discrepancy);
  };

  const range = { after, until, windowSize };
  const [mine, theirs] = [readInOrder(sides[reads], reads, range), readInOrder(sides[other], other, range)];
  let [one, another] = [await mine.next(), await theirs.next()];
  while (!one.done || !another.done) {
    signal?.throwIfAborted();
    const key = one.done || (!another.done && another.value.key < one.value.key) ? another.value?.key : one.value.key;
    if (key === undefined) break;
    const hasMine = !one.done && one.value.key === key;
    const hasTheirs = !another.done && another.value.key === key;
    const isDifferent = hasMine && hasTheirs && !isSame(one.value, another.value);
    await judge(key, !hasTheirs ? 'missing' : !hasMine ? 'extra' : isDifferent ? 'different' : undefined);
    if (hasMine) one = await mine.next();
    if (hasTheirs) another = await theirs.next();
    const discrepancies = totals.missing + totals.different + totals.extra;
    if (totals.checked % windowSize === 0) onProgress?.({ checked: totals.checked, discrepancies });
  }

  const discrepancies = totals.missing + totals.different + totals.extra;
  onProgress?.({ checked: totals.checked, discrepancies });
  const isWhole = after === undefined && until === undefined;
  // Where one store alone is written, the other one falls behind with the next write; where it was, it missed some.
  const now = await plan();
  const isKept = now.reads === reads && now.writes.length === 2 && misses(other) === missesBefore;
  if (isWhole && isKept && left === 0) await store.markEqual(other);
  const discrepancyRate = totals.checked === 0 ? 0 : discrepancies / totals.checked;
  return { ...totals, discrepancyRate, isAlert: discrepancyRate > alertRate, found, windows };
}

async function* readInOrder<Value>(
  store: RecordStore<Value>,
  side: string,
  { after, until, windowSize }: { after: string | undefined; until: string | undefined; windowSize: number },
): AsyncGenerator<StoredRecord<Value>, undefined> {
  let last = after;
  for (;;) {
    const page = (await store.list?.({ after: last, limit: windowSize })) ?? [];
    if (page.length === 0) return undefined;
    for (const record of page) {
      if (last !== undefined && record.key <= last)
        throw new SwitchbackError(
          'invalid-option',
          `${side}.list must be in the order of the keys, found ${JSON.stringify(record.key)} after ${JSON.stringify(last)}`,
        );
      last = record.key;
      if (until !== undefined && record.key > until) return undefined;
      yield record;
    }
  }
}
