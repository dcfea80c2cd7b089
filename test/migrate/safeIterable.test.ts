import { expect, test, vi } from 'vitest';
import { safely } from '../../src/migrate/index.js';
import { createCaller } from './callers.js';

const boom = new Error('v2 broke');

async function* items(version: string, count: number, failAt = Infinity): AsyncGenerator<string> {
  for (let at = 0; at < count; at++) {
    if (at === failAt) throw boom;
    yield `${version} ${at}`;
  }
}

async function readAll<T>(of: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const item of of) read.push(item);
  return read;
}

test('v2 is read to its end and counted once', async () => {
  const { client, counts } = createCaller();
  const list = safely('titles', { client, v1: () => items('v1', 3), v2: () => items('v2', 3) });
  expect(await readAll(list())).toEqual(['v2 0', 'v2 1', 'v2 2']);
  expect((await counts()).v2).toMatchObject({ attempts: 1, settled: 1 });
});

test('v1 takes over where v2 fails: what the caller has is not given twice', async () => {
  const { client, counts } = createCaller();
  for (const failAt of [0, 1, 2]) {
    const list = safely('titles', { client, v1: () => items('v1', 3), v2: () => items('v2', 3, failAt) });
    const expected = [0, 1, 2].map((at) => `${at < failAt ? 'v2' : 'v1'} ${at}`);
    expect(await readAll(list())).toEqual(expected);
  }
  expect((await counts()).v2.failed.event).toBe(3);
});

test('a shorter v1 ends where it ends, and its own error is the caller’s', async () => {
  const { client } = createCaller();
  const shorter = safely('titles', { client, v1: () => items('v1', 1), v2: () => items('v2', 5, 3) });
  expect(await readAll(shorter())).toEqual(['v2 0', 'v2 1', 'v2 2']);
  const broken = safely('titles', { client, v1: () => items('v1', 3, 2), v2: () => items('v2', 5, 1) });
  await expect(readAll(broken())).rejects.toBe(boom);
});

test('v1 takes over when an item of v2 takes too long', async () => {
  const { client, clock } = createCaller();
  async function* hanging(): AsyncGenerator<string> {
    yield 'v2 0';
    await new Promise(() => {});
  }
  const list = safely('titles', { client, v1: () => items('v1', 2), v2: hanging, timeoutMs: 100 });
  const read = readAll(list());
  await clock.advance(100);
  expect(await read).toEqual(['v2 0', 'v1 1']);
});

test('a caller that stops early ends v2, and nothing has failed', async () => {
  const { client, counts } = createCaller();
  const ended = vi.fn();
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield 'v2';
    } finally {
      ended();
    }
  }
  const list = safely('titles', { client, v1: () => items('v1', 2), v2: endless });
  for await (const item of list()) {
    expect(item).toBe('v2');
    break;
  }
  expect(ended).toHaveBeenCalledTimes(1);
  expect((await counts()).v2).toMatchObject({ aborted: 1, failed: { event: 0 } });
});

test('items asked for at once come in order, and an end stays one', async () => {
  const { client } = createCaller();
  const list = safely('titles', { client, v1: () => items('v1', 3), v2: () => items('v2', 3, 1) })();
  const all = await Promise.all([list.next(), list.next(), list.next(), list.next()]);
  expect(all.map(({ value }) => value as unknown)).toEqual(['v2 0', 'v1 1', 'v1 2', undefined]);
  expect(await list.next()).toMatchObject({ done: true });
});
