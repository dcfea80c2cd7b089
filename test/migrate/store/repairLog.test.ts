import { expect, test } from 'vitest';
import { memoryRepairLog, textRepairLog, type MigrationState, type Repair } from '../../../src/migrate/index.js';

const repair = (key: string, sequence: number, target: Repair['target'] = 'v2'): Repair => ({ target, key, sequence });
const logOf = (text: string) => textRepairLog({ getItem: () => text, setItem() {} }, 'log');

test('keeps one repair for each side and key, the latest', async () => {
  const log = memoryRepairLog();
  for (const one of [repair('a', 1), repair('a', 3), repair('b', 2), repair('a', 4, 'v1')]) await log.put(one);
  expect((await log.load()).repairs).toEqual([repair('a', 3), repair('b', 2), repair('a', 4, 'v1')]);
});

test('a repair that is done does not take a later one with it', async () => {
  const log = memoryRepairLog();
  await log.put(repair('a', 1));
  await log.put(repair('a', 2));
  await log.remove(repair('a', 1));
  expect((await log.load()).repairs).toEqual([repair('a', 2)]);
  await log.remove(repair('a', 2));
  await log.remove(repair('a', 2));
  expect((await log.load()).repairs).toEqual([]);
});

test('what is not known to be in a store is taken to be missing in v2, not in v1', async () => {
  const { state } = await logOf('{"state":{"stage":"live","behind":{}},"repairs":[]}').load();
  expect(state).toEqual({ stage: 'live', behind: { v1: false, v2: true } });
});

test.each([
  ['', true, 0],
  ['[]', true, 0],
  ['{"repairs":{}}', true, 0],
  ['{"repairs":[]}', false, 0],
  ['{"repairs":[{"target":"v3","key":"a","sequence":1},null,{"target":"v2","key":"a","sequence":1.5}]}', false, 0],
  ['{"repairs":[{"target":"v2","key":"__proto__","sequence":1}],"state":{"stage":"half","behind":{}}}', false, 1],
] as const)('reads %s as it is', async (text, isDamaged, repairs) => {
  const kept = await logOf(text).load();
  expect([kept.isDamaged, kept.repairs.length, kept.state]).toEqual([isDamaged, repairs, undefined]);
});

test('an older text never comes after a newer one, however long a write takes', async () => {
  const texts: string[] = [];
  const waiting: (() => void)[] = [];
  const log = textRepairLog(
    {
      getItem: () => null,
      async setItem(_, text) {
        if (texts.length === 0 && waiting.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
        texts.push(text);
      },
    },
    'log',
  );
  const saved = [log.put(repair('a', 1)), log.put(repair('b', 2))];
  await Promise.resolve();
  waiting.shift()?.();
  await Promise.all(saved);
  expect(texts.map((text) => (JSON.parse(text) as { repairs: Repair[] }).repairs.length)).toEqual([1, 2]);
});

test('a storage that is full fails the write that it was for, and takes the next one', async () => {
  let isFull = true;
  const texts: string[] = [];
  const setItem = (_: string, text: string) => {
    if (isFull) throw new DOMException('full', 'QuotaExceededError');
    texts.push(text);
  };
  const log = textRepairLog({ getItem: () => null, setItem }, 'log');
  await expect(log.put(repair('a', 1))).rejects.toThrow('full');
  isFull = false;
  const state: MigrationState = { stage: 'shadow', behind: { v1: false, v2: false } };
  await log.saveState(state);
  expect(JSON.parse(texts.join())).toEqual({ state, repairs: [repair('a', 1)] });
});
