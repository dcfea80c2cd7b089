import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { migrateData, type DataMigrationOptions } from '../../../src/migrate/index.js';

interface V1 {
  readonly name: string;
}
interface V2 {
  readonly title: string;
}

function createSides(count: number, options: Partial<DataMigrationOptions<V1, V2>> = {}) {
  const v1 = new Map<string, V1>();
  for (let at = 0; at < count; at++) v1.set(`key-${String(at).padStart(5, '0')}`, { name: `name ${at}` });
  const v2 = new Map<string, V2>();
  const kept = { text: null as string | null };
  const calls = { read: 0, write: 0, largest: 0 };
  const open = (more: Partial<DataMigrationOptions<V1, V2>> = {}) =>
    migrateData<V1, V2>({
      name: 'memories',
      async read({ after, limit }) {
        calls.read++;
        return [...v1]
          .map(([key, value]) => ({ key, value }))
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .filter(({ key }) => after === undefined || key > after)
          .slice(0, limit);
      },
      transform: ({ value: { name } }) => ({ title: name }),
      async write(records) {
        calls.write++;
        calls.largest = Math.max(calls.largest, records.length);
        for (const { key, value } of records) v2.set(key, value);
      },
      verify: async (keys) => keys.flatMap((key) => (v2.has(key) ? [{ key, value: v2.get(key)! }] : [])),
      count: async () => v2.size,
      total: async () => v1.size,
      remove: async () => v2.clear(),
      checkpoint: { load: () => kept.text, save: (text) => void (kept.text = text) },
      batchSize: 10,
      random: () => 0,
      ...options,
      ...more,
    });
  return { v1, v2, kept, calls, open };
}

test('copies every record, verifies it and tells how far it is', async () => {
  const { v1, v2, calls, open } = createSides(25);
  const before = structuredClone(v1);
  const migration = open();
  const fractions: (number | null)[] = [];
  migration.subscribe(() => fractions.push(migration.getProgress().fraction));
  const outcome = await migration.run();
  expect(outcome).toEqual({
    phase: 'verified',
    isRunning: false,
    total: 25,
    read: 25,
    written: 25,
    skipped: 0,
    verified: 25,
    fraction: 1,
    problems: [],
  });
  expect([...v2.values()].map(({ title }) => title)).toEqual([...before.values()].map(({ name }) => name));
  expect(v1).toEqual(before);
  expect(calls.largest).toBe(10);
  expect(fractions.filter((fraction) => fraction !== null)).toEqual(
    [...fractions].filter((one) => one !== null).sort((a, b) => Number(a) - Number(b)),
  );
  expect(migration.getProgress()).toBe(migration.getProgress());
});

test('goes on where a crash left it, at any call: nothing is left out, no more than a batch is written twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 60 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }),
      async (count, lives) => {
        const { v1, v2, calls, open } = createSides(count);
        for (const life of [...lives, Infinity]) {
          let left = life;
          const crash =
            <Args extends unknown[], T>(run: (...args: Args) => T) =>
            (...args: Args): T => {
              if (left-- <= 0) throw new Error('gone');
              return run(...args);
            };
          const wrapped = open({
            write: crash(async (records) => records.forEach(({ key, value }) => v2.set(key, value))),
            verify: crash(async (keys: readonly string[]) =>
              keys.flatMap((key) => (v2.has(key) ? [{ key, value: v2.get(key)! }] : [])),
            ),
            retries: 0,
          });
          await wrapped.run().catch(() => {});
        }
        const outcome = await open().run();
        expect(outcome).toMatchObject({ phase: 'verified', read: count, written: count, verified: count });
        expect([...v2.keys()].sort()).toEqual([...v1.keys()].sort());
        expect(calls.largest).toBeLessThanOrEqual(10);
      },
    ),
    { numRuns: 50 },
  );
});

test('a verified migration does nothing when it is run again', async () => {
  const { calls, open } = createSides(5);
  await open().run();
  const { write } = calls;
  expect(await open().run()).toMatchObject({ phase: 'verified' });
  expect(calls.write).toBe(write);
});

test('rolling back removes the copy alone, and a later run begins anew', async () => {
  const { v1, v2, open } = createSides(12);
  const migration = open();
  await migration.run();
  expect(await migration.rollback()).toMatchObject({ phase: 'removed', read: 0 });
  expect([v1.size, v2.size]).toEqual([12, 0]);
  await expect(migration.verify()).rejects.toThrow('memories is removed: run it before it is verified');
  expect(await migration.run()).toMatchObject({ phase: 'verified', written: 12 });
});

test('a rollback that is asked for while it runs comes after it', async () => {
  const { v2, open } = createSides(12);
  const migration = open();
  const [ran, removed] = await Promise.all([migration.run(), migration.rollback()]);
  expect(removed.phase).toBe('removed');
  expect(ran).toBeDefined();
  expect(v2.size).toBe(0);
});

test('what is missing, different or too much in v2 fails the verification, without its values', async () => {
  const { v2, open } = createSides(30);
  await open().run();
  v2.delete('key-00003');
  v2.set('key-00014', { title: 'somebody private' });
  v2.set('zzz', { title: 'extra' });
  const outcome = await open().verify();
  expect(outcome.phase).toBe('failed');
  expect(outcome.problems).toEqual([
    { key: 'key-00003', problem: 'missing' },
    { key: 'key-00014', problem: 'different', differences: [{ path: 'title', v1: 'string of 7', v2: 'string of 16' }] },
  ]);
  expect(JSON.stringify(outcome)).not.toContain('private');
  v2.delete('key-00004');
  v2.set('key-00003', { title: 'name 3' });
  v2.set('key-00014', { title: 'name 14' });
  v2.set('key-00004', { title: 'name 4' });
  expect((await open().verify()).problems).toEqual([
    { key: '', problem: 'count', detail: 'v2 holds 31 records where 30 were written' },
  ]);
  v2.delete('zzz');
  expect(await open().verify()).toMatchObject({ phase: 'verified' });
});

test('records that came since the copy fail the verification', async () => {
  const { v1, open } = createSides(10, { count: undefined });
  await open().run();
  v1.set('zzz', { name: 'late' });
  expect((await open().verify()).problems).toEqual([
    { key: 'zzz', problem: 'missing' },
    { key: '', problem: 'count', detail: 'v1 held 10 records when they were copied, and 11 since' },
  ]);
});

test('a bad record ends the run and is named, or is left out and told of', async () => {
  const bad = {
    transform: ({ key, value }: { key: string; value: V1 }) => {
      if (key === 'key-00012') throw new Error('no title in it');
      return { title: value.name };
    },
  };
  const { v2, open } = createSides(20);
  await expect(open(bad).run()).rejects.toThrow('memories: the record "key-00012" cannot be copied: no title in it');
  expect(v2.size).toBe(10);
  const outcome = await open({ ...bad, onBadRecord: 'skip' }).run();
  expect(outcome).toMatchObject({ phase: 'verified', read: 20, written: 19, skipped: 1 });
  expect(outcome.problems).toContainEqual({ key: 'key-00012', problem: 'bad', detail: 'no title in it' });
});

test.each([1n, () => {}, { self: Symbol('a') }])('a record that cannot be hashed is bad: %s', async (value) => {
  const { open } = createSides(3);
  await expect(open({ transform: () => value as never }).run()).rejects.toThrow(
    /cannot be copied: .*a record must be JSON/,
  );
});

test('records that transform leaves out are no problem', async () => {
  const { open } = createSides(10);
  const outcome = await open({
    transform: ({ key, value }) => (key.endsWith('3') ? undefined : { title: value.name }),
  }).run();
  expect(outcome).toMatchObject({ phase: 'verified', written: 9, skipped: 1 });
});

test('a read or write that fails is tried again, and in the end the caller’s', async () => {
  const { open, kept } = createSides(5);
  const write = vi.fn(() => Promise.reject(new Error('disk full')));
  await expect(open({ write, retries: 2 }).run()).rejects.toThrow('disk full');
  expect(write).toHaveBeenCalledTimes(3);
  expect(JSON.parse(kept.text!)).toMatchObject({ phase: 'copying', written: 0 });
  expect(await open().run()).toMatchObject({ phase: 'verified' });
});

test('a signal ends it between two calls, and it can go on', async () => {
  const { open, kept } = createSides(100);
  const controller = new AbortController();
  const migration = open();
  migration.subscribe(() => {
    if (migration.getProgress().written >= 30) controller.abort(new Error('enough'));
  });
  await expect(migration.run({ signal: controller.signal })).rejects.toThrow('enough');
  expect(JSON.parse(kept.text!)).toMatchObject({ phase: 'copying', written: 30 });
  expect(await open().run()).toMatchObject({ phase: 'verified', written: 100 });
});

test.each([
  [
    '{"migration":"other","phase":"copying","read":0,"written":0,"skipped":0,"verified":0,"compared":0,"wrong":0,"problems":[]}',
    'the checkpoint is of the migration "other", not of "memories"',
  ],
  ['{"migration":"memories"', 'the checkpoint of "memories" cannot be read'],
  ['{"migration":"memories","phase":"done","read":-1}', 'the checkpoint of "memories" cannot be read'],
  ['null', 'the checkpoint of "memories" cannot be read'],
])('refuses the checkpoint %s', async (text, message) => {
  const { open, kept, calls } = createSides(3);
  kept.text = text;
  for (const act of ['run', 'verify', 'rollback'] as const) await expect(open()[act]()).rejects.toThrow(message);
  expect(calls).toMatchObject({ read: 0, write: 0 });
});

test('refuses a read that gives too much or out of order', async () => {
  const { open } = createSides(3);
  const read = async () => ['b', 'a'].map((key) => ({ key, value: { name: key } }));
  await expect(open({ read }).run()).rejects.toThrow(
    'read must give records in the order of their keys, found "a" after "b"',
  );
  await expect(open({ read, batchSize: 1 }).run()).rejects.toThrow(
    'read gave 2 records where at most 1 were asked for',
  );
});

test.each([
  [{ name: '' }, /name must be 1 to 200 characters, found ""/],
  [{ write: null }, /write must be a function, found null/],
  [{ checkpoint: {} }, /checkpoint.load must be a function, found undefined/],
  [{ batchSize: 0.5 }, /batchSize must be 1 to 100000, found 0.5/],
  [{ sampling: 2 }, /sampling must be 0 to 1, found 2/],
  [{ onBadRecord: 'ignore' }, /onBadRecord must be "stop" or "skip"/],
])('refuses %o', (wrong, message) => {
  const { open } = createSides(1);
  expect(() => open(wrong as never)).toThrow(message);
});

test('bad records that were left out do not hide that others are missing or different', async () => {
  const { v2, open } = createSides(150);
  const options: Partial<DataMigrationOptions<V1, V2>> = {
    onBadRecord: 'skip',
    count: undefined,
    transform({ key, value: { name } }) {
      if (key < 'key-00120') throw new Error('bad');
      return { title: name };
    },
  };
  await open(options).run();
  v2.set('key-00140', { title: 'other' });
  expect(await open(options).verify()).toMatchObject({ phase: 'failed' });
});

test('a page that is not full is not the last one', async () => {
  const { v1, open } = createSides(25);
  const read: DataMigrationOptions<V1, V2>['read'] = async ({ after, limit }) =>
    Array.from(v1, ([key, value]) => ({ key, value }))
      .filter(({ key }) => after === undefined || key > after)
      .slice(0, Math.min(limit, 3));
  expect(await open({ read }).run()).toMatchObject({ phase: 'verified', written: 25, verified: 25 });
});

test('a record that transform gave at first and left out later is not taken for verified', async () => {
  const { open } = createSides(10, { count: undefined });
  await open().run();
  const outcome = await open({ transform: () => undefined }).verify();
  expect(outcome.phase).toBe('failed');
  expect(outcome.problems).toEqual([
    { key: '', problem: 'count', detail: '10 records were written, and 0 of them compared' },
  ]);
});

test.each([[5], [undefined], [null]])('refuses the key %s', async (key) => {
  const { open, kept } = createSides(3);
  const read = async () => [{ key: key as never, value: { name: 'a' } }];
  await expect(open({ read }).run()).rejects.toThrow(/a record's key must be text, found /);
  expect(JSON.parse(kept.text!)).toMatchObject({ phase: 'copying', read: 0 });
  await expect(open({ read: async () => null as never }).run()).rejects.toThrow('read must give a list, found null');
});

test('a listener that throws ends nothing', async () => {
  const { open } = createSides(5);
  const migration = open();
  let told = 0;
  migration.subscribe(() => {
    throw new Error('broken listener');
  });
  migration.subscribe(() => told++);
  expect(await migration.run()).toMatchObject({ phase: 'verified' });
  expect(told).toBeGreaterThan(2);
});

test('a member that is undefined is as good as none', async () => {
  const { v2, open } = createSides(5);
  const transform = ({ value: { name } }: { value: V1 }) => ({ title: name, note: undefined });
  const write: DataMigrationOptions<V1, V2>['write'] = async (records) => {
    for (const { key, value } of records) v2.set(key, JSON.parse(JSON.stringify(value)) as V2);
  };
  expect(await open({ transform, write, sampling: 1 }).run()).toMatchObject({ phase: 'verified' });
});

test('a total that cannot be had leaves the fraction open', async () => {
  const { open } = createSides(5);
  const total = () => {
    throw new Error('no total');
  };
  expect(await open({ total }).run()).toMatchObject({ phase: 'verified', total: null });
});

test('a total that was counted too small is not less than what was read', async () => {
  const { open } = createSides(5);
  expect((await open({ total: async () => 3 }).run()).total).toBe(5);
});

test('a run that ended while it verified goes on verifying, and writes nothing', async () => {
  const { calls, kept, open } = createSides(30);
  let verified = 0;
  const failing = open({
    retries: 0,
    verify: () => (++verified === 2 ? Promise.reject(new Error('gone')) : Promise.resolve([])),
  });
  await expect(failing.run()).rejects.toThrow('gone');
  expect(JSON.parse(kept.text!)).toMatchObject({ phase: 'verifying', verified: 10 });
  const { write } = calls;
  expect(await open().run()).toMatchObject({ phase: 'failed', verified: 30, written: 30 });
  expect(calls.write).toBe(write);
});

test('a rollback that ends half-way leaves nothing that counts as verified', async () => {
  const { kept, open, v2 } = createSides(5);
  await open().run();
  const remove = () => Promise.reject(new Error('locked'));
  await expect(open({ remove, retries: 0 }).rollback()).rejects.toThrow('locked');
  expect(JSON.parse(kept.text!)).toMatchObject({ phase: 'copying', read: 0 });
  v2.clear();
  expect(await open().run()).toMatchObject({ phase: 'verified', written: 5 });
});

test('every record is compared by its checksum, also where none is looked at deeply', async () => {
  const { v2, open } = createSides(25);
  const unsampled = { sampling: 0, random: () => 0.5 };
  await open(unsampled).run();
  v2.set('key-00013', { title: 'other' });
  expect((await open(unsampled).verify()).problems).toMatchObject([{ key: 'key-00013', problem: 'different' }]);
});

test('what a checksum cannot tell apart is found by looking: the first of a batch, and the sampled share', async () => {
  const { open } = createSides(4, { count: undefined });
  // JSON has no NaN: it comes back as null, with the same checksum.
  const versions = (random: number, sampling: number) =>
    open({
      transform: ({ key }) => ({ title: key === 'key-00002' ? Number.NaN : key }) as never,
      verify: async (keys) => keys.map((key) => ({ key, value: { title: key === 'key-00002' ? null : key } as never })),
      random: () => random,
      sampling,
    });
  const nan = [{ key: 'key-00002', problem: 'different', differences: [{ path: 'title', v1: 'number', v2: 'null' }] }];
  expect((await versions(0.3, 0.4).run()).problems).toEqual(nan);
  expect(await versions(0.5, 0.4).verify()).toMatchObject({ phase: 'verified', problems: [] });
  const first = open({
    transform: () => ({ title: Number.NaN }) as never,
    verify: async (keys) => keys.map((key) => ({ key, value: { title: null } as never })),
    random: () => 1,
    sampling: 0,
  });
  expect((await first.verify()).problems).toMatchObject([{ key: 'key-00000', problem: 'different' }]);
});

test('of many problems the first hundred are kept, in the checkpoint as well', async () => {
  const { kept, open } = createSides(150);
  const transform = () => {
    throw new Error('bad');
  };
  const outcome = await open({ transform, onBadRecord: 'skip' }).run();
  expect([outcome.skipped, outcome.problems.length]).toEqual([150, 100]);
  expect((JSON.parse(kept.text!) as { problems: unknown[] }).problems).toHaveLength(100);
});

test('refuses a read that gives a key twice, in a page or over two', async () => {
  const { open } = createSides(3);
  const twice = (pages: string[][]) => async () => (pages.shift() ?? []).map((key) => ({ key, value: { name: key } }));
  await expect(open({ read: twice([['a', 'a']]) }).run()).rejects.toThrow('found "a" after "a"');
  await expect(open({ read: twice([['b'], ['b']]) }).run()).rejects.toThrow('found "b" after "b"');
});

test('a checkpoint that cannot be saved ends the run with the storage’s error, and the next one goes on', async () => {
  const { kept, open } = createSides(30);
  let saves = 0;
  const checkpoint = {
    load: () => kept.text,
    save(text: string) {
      if (++saves === 3) throw new Error('the disk is full');
      kept.text = text;
    },
  };
  await expect(open({ checkpoint }).run()).rejects.toThrow('the disk is full');
  expect(await open().run()).toMatchObject({ phase: 'verified', read: 30, written: 30 });
});
