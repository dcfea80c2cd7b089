import { expect, test, vi } from 'vitest';
import {
  createStagedStore,
  memoryRepairLog,
  reconcile,
  textRepairLog,
  type RepairLog,
  type Stage,
  type StagedStoreOptions,
} from '../../../src/migrate/index.js';
import { createCaller } from '../callers.js';
import { createFaultyStore } from './faultyStore.js';

function createStores(stage: Stage, options: Partial<StagedStoreOptions<number>> = {}) {
  const caller = createCaller({ config: { stage } });
  const v1 = createFaultyStore();
  const v2 = createFaultyStore();
  const open = (more: Partial<StagedStoreOptions<number>> = {}) =>
    createStagedStore('titles', {
      client: caller.client,
      v1,
      v2,
      initialStage: stage,
      startsEqual: true,
      ...options,
      ...more,
    });
  return {
    ...caller,
    v1,
    v2,
    open,
    store: open(),
    move: (next: Stage, more: Record<string, unknown> = {}) => caller.publish({ config: { stage: next } }, more),
    values: (side: 'v1' | 'v2') =>
      Object.fromEntries([...{ v1, v2 }[side].records].map(([key, { value }]) => [key, value])),
  };
}

test.each([
  ['off', { a: 1 }, {}, 1],
  ['dualwrite', { a: 1 }, { a: 1 }, 1],
  ['shadow', { a: 1 }, { a: 1 }, 1],
  ['live', { a: 1 }, { a: 1 }, 1],
  ['rampdown', { a: 1 }, { a: 1 }, 1],
  ['complete', {}, { a: 1 }, 1],
] as const)('%s writes and reads as the table of stages says', async (stage, inV1, inV2, read) => {
  const { store, values } = createStores(stage);
  await store.set('a', 1);
  expect([values('v1'), values('v2')]).toEqual([inV1, inV2]);
  expect(await store.get('a')).toBe(read);
  await store.delete('a');
  expect(await store.get('a')).toBeUndefined();
});

test('each record has a sequence number that grows, and the checksum of its value', async () => {
  const { store, v1 } = createStores('off');
  await store.set('a', 1);
  const first = v1.records.get('a')?.stamp;
  await store.set('a', 1);
  const second = v1.records.get('a')?.stamp;
  expect(second?.checksum).toBe(first?.checksum);
  expect(second?.checksum).toMatch(/^[0-9a-f]{8}$/);
  expect(Number(second?.sequence)).toBeGreaterThan(Number(first?.sequence));
});

test('a write that the authoritative store refuses is the caller’s error, and the other one is not written', async () => {
  const { store, v1, v2 } = createStores('shadow');
  v1.fates.push('fails');
  await expect(store.set('a', 1)).rejects.toThrow('failed');
  expect(v2.writes).toEqual([]);
});

test('a failed second write is not the caller’s: it is written down and made up for, in order', async () => {
  const { store, v2, clock, values, faults } = createStores('dualwrite');
  v2.fates.push('fails', 'fails', 'fails');
  await store.set('a', 1);
  await store.set('b', 2);
  await store.set('a', 3);
  expect(values('v2')).toEqual({});
  expect(store.getStatus().repairs).toEqual({ v1: 0, v2: 2 });
  expect(faults).toHaveLength(3);
  await clock.advance(2_000);
  expect(values('v2')).toEqual({ a: 3, b: 2 });
  expect(v2.writes.map(([key]) => key)).toEqual(['b', 'a']);
  expect(store.getStatus().repairs).toEqual({ v1: 0, v2: 0 });
  expect(store.getMetrics().repaired).toBe(2);
});

test('repairs wait longer each time, and nobody asks a store that fails for the rest', async () => {
  const { store, v2, clock } = createStores('dualwrite', { random: () => 0.5 });
  v2.fates.push(...Array<'fails'>(20).fill('fails'));
  for (const key of ['a', 'b', 'c']) await store.set(key, 1);
  const asked = () => 20 - v2.fates.length;
  expect(asked()).toBe(3);
  await clock.advance(1_600);
  expect(asked()).toBe(4);
  await clock.advance(60_000);
  expect(asked()).toBe(9);
});

test('a key whose repair waits is read where its last write is', async () => {
  const { store, v2, move } = createStores('shadow');
  await store.set('a', 1);
  v2.fates.push('fails');
  await store.set('a', 2);
  move('live');
  expect(await store.get('a')).toBe(2);
  await store.drain();
  expect(v2.records.get('a')?.value).toBe(2);
  expect(await store.get('a')).toBe(2);
});

test('both are compared in shadow and live: a mismatch is told of without its values', async () => {
  const onMismatch = vi.fn();
  const { store, v2 } = createStores('shadow', { onMismatch });
  await store.set('a', 12_345);
  v2.records.set('a', { key: 'a', value: 67_890 });
  expect(await store.get('a')).toBe(12_345);
  expect(onMismatch).toHaveBeenCalledWith({
    feature: 'titles',
    key: 'a',
    differences: [{ path: '', v1: 'number', v2: 'number' }],
  });
  expect(store.getMetrics()).toMatchObject({
    compared: 1,
    mismatched: 1,
    reads: { v1: { succeeded: 1 }, v2: { succeeded: 1 } },
  });
});

test('a key whose repair waits is not compared: that it differs is known', async () => {
  const onMismatch = vi.fn();
  const { store, v2 } = createStores('shadow', { onMismatch });
  await store.set('a', 1);
  v2.fates.push('fails');
  await store.set('a', 2);
  expect(await store.get('a')).toBe(2);
  expect([onMismatch.mock.calls, store.getMetrics().compared]).toEqual([[], 0]);
  await store.drain();
  await store.get('a');
  expect([onMismatch.mock.calls, store.getMetrics().compared]).toEqual([[], 1]);
});

test('a v1 that lacks what was written to v2 alone takes no write in place of v2', async () => {
  const { store, v1, v2, move } = createStores('complete');
  await store.set('a', 1);
  move('rampdown');
  v2.fates.push('refuses');
  await expect(store.set('a', 2)).rejects.toThrow('refused');
  expect(v1.writes).toEqual([]);
  expect(await store.get('a')).toBe(1);
});

test('while one side alone is written, a pass that mends all of the other one does not make it equal', async () => {
  const { store, v1, values } = createStores('off', { startsEqual: false });
  v1.records.set('a', { key: 'a', value: 1 });
  expect(await reconcile(store, { repair: true })).toMatchObject({ missing: 1, repaired: 1 });
  expect(values('v2')).toEqual({ a: 1 });
  expect(store.getStatus().behind).toEqual({ v1: false, v2: true });
});

test('a pass over some of the keys does not make a side equal', async () => {
  const { store, v1 } = createStores('dualwrite', { startsEqual: false });
  for (const key of ['a', 'b']) v1.records.set(key, { key, value: 1 });
  for (const range of [{ after: 'a' }, { until: 'a' }]) {
    expect(await reconcile(store, { ...range, repair: true })).toMatchObject({ repaired: 1 });
    expect(store.getStatus().behind.v2).toBe(true);
  }
  await reconcile(store);
  expect(store.getStatus().behind.v2).toBe(false);
});

test('a v2 that was rolled back gets no repair until that is undone', async () => {
  const { store, v2, move, clock } = createStores('dualwrite');
  v2.fates.push('fails');
  await store.set('a', 1);
  move('dualwrite', { kills: ['titles'] });
  await store.get('a');
  await store.drain();
  await clock.advance(60_000);
  expect(v2.writes).toEqual([]);
  expect(store.getStatus().repairs).toEqual({ v1: 0, v2: 1 });
  move('dualwrite');
  await store.drain();
  expect(v2.writes).toEqual([['a', 1]]);
});

test('what is kept of the stage is kept in the order it happened', async () => {
  const kept: string[] = [];
  const waiting: (() => void)[] = [];
  const repairLog: RepairLog = {
    ...memoryRepairLog(),
    async saveState({ stage }) {
      if (kept.length === 0 && waiting.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      kept.push(stage);
    },
  };
  const { open, move } = createStores('off');
  const store = open({ repairLog });
  await store.drain();
  move('dualwrite');
  const first = store.get('a');
  await Promise.resolve();
  await Promise.resolve();
  move('shadow');
  const second = store.get('b');
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  waiting.shift()?.();
  await Promise.all([first, second]);
  expect(kept).toEqual(['dualwrite', 'shadow']);
});

test.each([
  ['off', ['dualwrite', 'off', 'dualwrite', 'shadow', 'live'], 'shadow', 'v2'],
  ['complete', ['rampdown', 'complete', 'rampdown', 'live', 'shadow'], 'live', 'v1'],
] as const)('a store that %s leaves out may be removed meanwhile: it is behind', async (first, way, end, side) => {
  const { store, v1, v2, move } = createStores(first);
  const texts = [];
  for (const stage of way) {
    move(stage);
    await store.get('a');
    texts.push(store.getStatus().stage);
  }
  expect(texts.at(-1)).toBe(end);
  expect(store.getStatus().behind[side]).toBe(true);
  expect([v1.writes, v2.writes]).toEqual([[], []]);
});

test('a rate above the threshold is an alert, one at it is none', async () => {
  const { store, v2 } = createStores('dualwrite');
  for (let at = 0; at < 10; at++) await store.set(`key-${at}`, at);
  v2.records.delete('key-3');
  expect(await reconcile(store, { alertRate: 0.1 })).toMatchObject({ discrepancyRate: 0.1, isAlert: false });
  expect(await reconcile(store, { alertRate: 0.099 })).toMatchObject({ discrepancyRate: 0.1, isAlert: true });
});

test.each(['compare', 'onMismatch'] as const)('a %s that throws reaches nobody but onInternalFault', async (name) => {
  const broken = () => {
    throw new Error('broken comparer');
  };
  const { store, v2, faults } = createStores('shadow', { [name]: broken });
  await store.set('a', 1);
  v2.records.set('a', { key: 'a', value: 2 });
  expect(await store.get('a')).toBe(1);
  expect(faults.map(({ operation, error }) => [operation, String(error)])).toEqual([
    ['migrate compare', 'Error: broken comparer'],
  ]);
});

test('a comparer that throws ends a pass with its error, and nothing was written', async () => {
  const compare = () => {
    throw new Error('broken comparer');
  };
  const { store, v1, v2 } = createStores('dualwrite', { compare, startsEqual: false });
  for (const side of [v1, v2]) side.records.set('a', { key: 'a', value: 1 });
  await expect(reconcile(store, { repair: true })).rejects.toThrow('broken comparer');
  expect([v1.writes, v2.writes, store.getStatus().behind.v2]).toEqual([[], [], true]);
});

test('a second store that fails to answer changes no read', async () => {
  const { store, v1, v2, faults } = createStores('shadow');
  await store.set('a', 1);
  v2.fates.push('fails');
  expect(await store.get('a')).toBe(1);
  expect(faults.map(({ operation }) => operation)).toEqual(['migrate second read']);
  expect([v1.writes.length, v2.writes.length, store.getMetrics().compared]).toEqual([1, 1, 0]);
});

test('sequence numbers grow when the clock jumps back', async () => {
  const { store, v1, clock } = createStores('off');
  const sequences: number[] = [];
  for (const jump of [0, 3_600_000, -86_400_000, 0, -86_400_000]) {
    clock.jump(jump);
    await store.set('a', 1);
    sequences.push(Number(v1.records.get('a')?.stamp?.sequence));
  }
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
});

test('repairs are tried by the time that passes, whatever the clock says', async () => {
  const { store, v2, clock } = createStores('dualwrite');
  v2.fates.push('fails');
  await store.set('a', 1);
  clock.jump(-86_400_000);
  await clock.advance(2_000);
  expect(v2.records.get('a')?.value).toBe(1);
});

test('v1 answers when v2 cannot be read, and not the other way round', async () => {
  for (const stage of ['live', 'rampdown'] as const) {
    const { store, v2, v1 } = createStores(stage);
    await store.set('a', 1);
    v2.fates.push('fails');
    expect(await store.get('a')).toBe(1);
    v2.fates.push('fails');
    v1.fates.push('fails');
    await expect(store.get('a')).rejects.toThrow('failed');
  }
  const { store, v1 } = createStores('shadow');
  await store.set('a', 1);
  v1.fates.push('fails');
  await expect(store.get('a')).rejects.toThrow('failed');
});

test('v1 takes a write that v2 surely did not do; one that may have happened is the caller’s error', async () => {
  const { store, v1, v2, values } = createStores('live');
  v2.fates.push('refuses');
  await store.set('a', 1);
  expect([values('v1'), values('v2')]).toEqual([{ a: 1 }, {}]);
  expect(await store.get('a')).toBe(1);
  await store.drain();
  expect(values('v2')).toEqual({ a: 1 });
  v2.fates.push('failsAfter');
  await expect(store.set('b', 1)).rejects.toThrow('failed after it was done');
  expect(v1.writes.map(([key]) => key)).toEqual(['a']);
});

test('a rollback is one change away: v1 is read and written, v2 is left alone', async () => {
  const { store, v2, move } = createStores('live');
  await store.set('a', 1);
  move('live', { kills: ['titles'] });
  const { length } = v2.writes;
  await store.set('a', 2);
  expect(await store.get('a')).toBe(2);
  expect(v2.writes).toHaveLength(length);
  expect(store.getStatus()).toMatchObject({ stage: 'off', isRolledBack: true, behind: { v1: false, v2: true } });
});

test('a rollback reads from v2 what v1 still has to get', async () => {
  const { store, v1, move } = createStores('live');
  v1.fates.push('fails');
  await store.set('a', 1);
  move('live', { kills: ['titles'] });
  expect(await store.get('a')).toBe(1);
  await store.drain();
  expect(v1.records.get('a')?.value).toBe(1);
});

test('a rollback from complete keeps v2, which alone has what was written, and says so', async () => {
  const { store, move } = createStores('complete');
  await store.set('a', 1);
  move('complete', { kills: ['titles'] });
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus()).toMatchObject({ stage: 'rampdown', isRolledBack: true, behind: { v1: true } });
  expect(store.getStatus().refused).toContain('v1 lacks what was written to v2 alone');
});

test('a stage that skips is refused with those that may follow, and told of once', async () => {
  const { store, move, faults } = createStores('off');
  move('live');
  await store.set('a', 1);
  await store.set('a', 2);
  expect(store.getStatus()).toMatchObject({ stage: 'off', refused: 'live: from off the stages dualwrite may follow' });
  expect(faults).toHaveLength(1);
});

test('what the status says is so, though nobody reads or writes: the next stage may follow it, and the one before', async () => {
  const texts = new Map<string, string>();
  const storage = {
    getItem: (name: string) => texts.get(name) ?? null,
    setItem: (name: string, text: string) => void texts.set(name, text),
  };
  const { open, move, faults } = createStores('off');
  const store = open({ repairLog: textRepairLog(storage, 'log') });
  await store.drain();
  for (const stage of ['dualwrite', 'shadow', 'live', 'rampdown', 'live', 'shadow', 'dualwrite', 'off'] as const) {
    move(stage);
    expect(store.getStatus()).toMatchObject({ stage, behind: { v1: false, v2: stage === 'off' } });
    expect(store.getStatus()).not.toHaveProperty('refused');
  }
  expect(faults).toEqual([]);
  move('dualwrite');
  expect(store.getStatus().stage).toBe('dualwrite');
  await store.close();
  // The one that comes after it goes on from there.
  const second = open({ repairLog: textRepairLog(storage, 'log') });
  move('shadow');
  await second.drain();
  expect(second.getStatus().stage).toBe('shadow');
});

test('what is asked for the status only writes nothing, and a write in the stage it says waits until that is kept', async () => {
  const log = memoryRepairLog();
  let keep = () => {};
  const repairLog: RepairLog = {
    ...log,
    saveState: (state) => new Promise<void>((resolve) => (keep = resolve)).then(() => log.saveState(state)),
  };
  const { open, move, v1, v2 } = createStores('off');
  const store = open({ repairLog });
  await store.drain();
  move('dualwrite');
  expect(store.getStatus().stage).toBe('dualwrite');
  const written = store.set('a', 1);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect([v1.writes, v2.writes]).toEqual([[], []]);
  keep();
  await written;
  expect([v1.writes, v2.writes]).toEqual([[['a', 1]], [['a', 1]]]);
});

test('a store of one user alone goes through the stages it missed, as far as nothing is lost', async () => {
  const { open, move, v1, faults } = createStores('off');
  const store = open({ isShared: false, startsEqual: false, initialStage: 'off' });
  v1.records.set('a', { key: 'a', value: 1 });
  move('rampdown');
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus()).toMatchObject({ stage: 'shadow', refused: expect.stringContaining('live: v2 lacks what') });
  expect(faults).toHaveLength(1);
  await reconcile(store, { repair: true });
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus().stage).toBe('rampdown');
  move('off');
  await store.set('a', 2);
  expect(store.getStatus().stage).toBe('off');
  move('half' as never);
  expect(store.getStatus().refused).toContain('a stage is one of');
});

test('v2 is not read before it holds what v1 holds: reconcile with repair copies it', async () => {
  const { store, move, v1, values } = createStores('off', { startsEqual: false });
  for (const key of ['a', 'b', 'c']) v1.records.set(key, { key, value: 1 });
  for (const stage of ['dualwrite', 'shadow', 'live'] as const) {
    move(stage);
    await store.get('a');
  }
  expect(store.getStatus()).toMatchObject({ stage: 'shadow', refused: expect.stringContaining('v2 lacks what was') });
  expect(await reconcile(store)).toMatchObject({
    checked: 3,
    missing: 3,
    discrepancyRate: 1,
    isAlert: true,
    repaired: 0,
  });
  expect(await reconcile(store, { repair: true })).toMatchObject({ missing: 3, repaired: 3 });
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus().stage).toBe('live');
  expect(values('v2')).toEqual({ a: 1, b: 1, c: 1 });
});

test('from complete the way back is open once v1 was reconciled', async () => {
  const { store, move, values } = createStores('complete');
  await store.set('a', 1);
  for (const stage of ['rampdown', 'live', 'shadow'] as const) {
    move(stage);
    await store.get('a');
  }
  expect(store.getStatus()).toMatchObject({ stage: 'live', behind: { v1: true } });
  await reconcile(store, { repair: true });
  expect(await store.get('a')).toBe(1);
  expect(store.getStatus().stage).toBe('shadow');
  expect(values('v1')).toEqual({ a: 1 });
});

test('stage, gaps and repairs outlive the process', async () => {
  const texts = new Map<string, string>();
  const storage = {
    getItem: (name: string) => texts.get(name) ?? null,
    setItem: (name: string, text: string) => void texts.set(name, text),
  };
  const { open, v1, v2, move } = createStores('dualwrite');
  const first = open({ repairLog: textRepairLog(storage, 'log') });
  move('shadow');
  v2.fates.push('fails');
  await first.set('a', 1);
  await first.close();
  expect([...texts.values()].join('')).not.toContain('"value"');
  const second = open({ repairLog: textRepairLog(storage, 'log'), initialStage: 'off' });
  await second.drain();
  expect(second.getStatus().stage).toBe('shadow');
  expect(v2.records.get('a')?.value).toBe(1);
  expect(v1.records.get('a')?.value).toBe(1);
});

test('before what was kept is read, the status says that, and raises no alarm', async () => {
  const texts = new Map([['log', '{"state":{"stage":"live","behind":{"v1":false,"v2":false}},"repairs":[]}']]);
  const storage = { getItem: (name: string) => texts.get(name) ?? null, setItem() {} };
  const { open, faults } = createStores('live');
  const store = open({ repairLog: textRepairLog(storage, 'log'), initialStage: 'off' });
  expect(store.getStatus()).toMatchObject({ stage: 'off', isReady: false });
  expect(store.getStatus()).not.toHaveProperty('refused');
  await store.drain();
  expect(store.getStatus()).toMatchObject({ stage: 'live', isReady: true });
  expect(faults).toEqual([]);
});

test('with a damaged log it goes nowhere until both sides were reconciled', async () => {
  const { open, move, faults } = createStores('shadow');
  const store = open({ repairLog: textRepairLog({ getItem: () => '{"repairs', setItem() {} }, 'log') });
  await store.set('a', 1);
  move('live');
  await store.get('a');
  expect(store.getStatus()).toMatchObject({ stage: 'shadow', behind: { v1: true, v2: true } });
  expect(String(faults[0]?.error)).toContain('the repair log of titles is damaged');
});

test('a log that cannot be written costs nothing but a fault', async () => {
  const { open, v2, values, faults } = createStores('dualwrite');
  const broken: RepairLog = {
    ...memoryRepairLog(),
    put: () => Promise.reject(new Error('quota')),
    remove: () => Promise.reject(new Error('quota')),
  };
  const store = open({ repairLog: broken });
  v2.fates.push('fails');
  await store.set('a', 1);
  await store.drain();
  expect(values('v2')).toEqual({ a: 1 });
  expect(faults.map(({ operation }) => operation)).toContain('migrate repair log');
});

test('with too many repairs the store counts as behind instead of growing', async () => {
  const { open, v2, move } = createStores('dualwrite');
  const store = open({ maxRepairs: 2 });
  v2.fates.push('fails', 'fails', 'fails');
  for (const key of ['a', 'b', 'c']) await store.set(key, 1);
  expect(store.getStatus()).toMatchObject({ repairs: { v2: 2 }, behind: { v2: true } });
  move('shadow');
  await store.get('a');
  move('live');
  await store.get('a');
  expect(store.getStatus().stage).toBe('shadow');
});

test('writes of one key come in the order they were called', async () => {
  const { store, v1, v2 } = createStores('dualwrite');
  await Promise.all(Array.from({ length: 20 }, (_, at) => store.set('a', at)));
  const order = Array.from({ length: 20 }, (_, at) => ['a', at]);
  expect(v1.writes).toEqual(order);
  expect(v2.writes).toEqual(order);
});

test('a value that is not JSON is refused, and nothing is written', async () => {
  const { store, v1 } = createStores('dualwrite');
  const circle: { self?: unknown } = {};
  circle.self = circle;
  for (const value of [circle, 1n, () => {}, undefined, Symbol('a')])
    await expect(store.set('a', value as never)).rejects.toThrow(/a record must be JSON/);
  expect(v1.writes).toEqual([]);
});

test('reconcile finds what is missing, different and extra, in windows, and leaves what changes meanwhile alone', async () => {
  const { store, v1, v2 } = createStores('dualwrite');
  for (let at = 0; at < 30; at++) await store.set(`key-${String(at).padStart(2, '0')}`, at);
  v2.records.delete('key-03');
  v2.records.set('key-14', { key: 'key-14', value: -1 });
  v2.records.set('key-14a', { key: 'key-14a', value: 0 });
  const result = await reconcile(store, { windowSize: 10, alertRate: 0.2 });
  expect(result).toMatchObject({ checked: 31, missing: 1, different: 1, extra: 1, isAlert: false });
  expect(result.found).toEqual([
    { key: 'key-03', discrepancy: 'missing' },
    { key: 'key-14', discrepancy: 'different' },
    { key: 'key-14a', discrepancy: 'extra' },
  ]);
  expect(result.windows.map(({ from, missing, different, extra }) => [from, missing, different, extra])).toEqual([
    ['key-00', 1, 0, 0],
    ['key-10', 0, 1, 1],
    ['key-19', 0, 0, 0],
    ['key-29', 0, 0, 0],
  ]);
  await reconcile(store, { repair: true });
  expect([...v2.records.values()].map(({ key, value }) => [key, value]).sort()).toEqual(
    [...v1.records.values()].map(({ key, value }) => [key, value]).sort(),
  );
  expect(await reconcile(store, { after: 'key-02', until: 'key-05' })).toMatchObject({
    checked: 3,
    discrepancyRate: 0,
  });
});

test('reconcile refuses a store that cannot be listed, or not in order', async () => {
  const { open, v1 } = createStores('dualwrite');
  const { get, set, delete: remove } = v1;
  await expect(reconcile(open({ v1: { get, set, delete: remove } }))).rejects.toThrow(
    'v1.list must be a function, found undefined',
  );
  const list = async () => ['b', 'a'].map((key) => ({ key, value: 1 }));
  await expect(reconcile(open({ v1: { ...v1, list } }))).rejects.toThrow(
    'v1.list must be in the order of the keys, found "a" after "b"',
  );
});

test.each([
  [{ v1: {} }, /v1.get must be a function, found undefined/],
  [{ v2: { get() {}, set() {} } }, /v2.delete must be a function/],
  [{ initialStage: 'half' }, /initialStage must be one of off, dualwrite/],
  [{ random: 0.5 }, /random must be a function, found 0.5/],
  [{ maxRepairs: 0 }, /maxRepairs must be a whole number, 1 to 1000000, found 0/],
  [{ repairLog: {} }, /repairLog.load must be a function/],
])('refuses %o', (wrong, message) => {
  const { open } = createStores('off');
  expect(() => open(wrong as never)).toThrow(message);
});

test('nothing is written in a new stage before that stage is kept, however many write at once', async () => {
  const log = memoryRepairLog();
  let keep: (() => void) | undefined;
  const repairLog: RepairLog = {
    ...log,
    async saveState(state) {
      if (state.stage === 'complete') await new Promise<void>((resolve) => (keep = resolve));
      return log.saveState(state);
    },
  };
  const { store, v2, move } = createStores('rampdown', { repairLog });
  await store.set('a', 1);
  const before = v2.writes.length;
  move('complete');
  const writes = ['b', 'c'].map((key) => store.set(key, 1));
  await vi.waitFor(() => expect(keep).toBeDefined());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(v2.writes).toHaveLength(before);
  keep?.();
  await Promise.all(writes);
  expect(v2.writes).toHaveLength(before + 2);
});

test('no write is acknowledged before it is kept that the other side is behind, however many write at once', async () => {
  let keep = (): void => {};
  const held = new Promise<void>((resolve) => (keep = resolve));
  const repairLog: RepairLog = { ...memoryRepairLog(), saveState: () => held };
  const { open, v2 } = createStores('dualwrite');
  const store = open({ repairLog, maxRepairs: 1 });
  v2.fates.push('fails', 'fails', 'fails');
  await store.set('a', 1);
  const acknowledged: string[] = [];
  const writes = ['b', 'c'].map((key) => store.set(key, 1).then(() => acknowledged.push(key)));
  await vi.waitFor(() => expect(v2.fates).toEqual([]));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(acknowledged).toEqual([]);
  keep();
  await Promise.all(writes);
  expect(store.getStatus().behind.v2).toBe(true);
});
