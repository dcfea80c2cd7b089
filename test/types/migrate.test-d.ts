import { expectTypeOf, test } from 'vitest';
import { createSwitchback } from '../../src/client/index.js';
import { createMigration, createShadow, safely } from '../../src/migrate/index.js';

const client = createSwitchback({ features: { memory: {} } });

interface Memory {
  readonly text: string;
}
interface MemoryService {
  saveChatMemory(userId: string, memory: Memory): Promise<void>;
  getRecentMemories(userId: string, limit?: number): Promise<readonly Memory[]>;
  readonly chatClient: { send(text: string): Promise<string> };
}
declare const v1: MemoryService;

test('a safe function has the exact type of v1', () => {
  const titleOf = (session: { readonly id: string }, isShort = false): string => session.id + String(isShort);
  const run = safely('memory', { client, v1: titleOf, v2: ({ id }) => id });
  expectTypeOf(run).toEqualTypeOf(titleOf);
  // @ts-expect-error -- v1 takes a session
  run('session');
});

test('overloads, generics, `this` and what a function carries are those of v1', () => {
  interface Read {
    (key: string): string;
    (key: string, isParsed: true): object;
  }
  const read: Read & { readonly cached: number } = Object.assign((key: string): never => key as never, { cached: 1 });
  const run = safely('memory', { client, v1: read, v2: read });
  expectTypeOf(run('a')).toEqualTypeOf<string>();
  expectTypeOf(run('a', true)).toEqualTypeOf<object>();
  expectTypeOf(run.cached).toEqualTypeOf<number>();
  // @ts-expect-error -- no overload takes false
  run('a', false);

  const first = <T>(list: readonly T[]): T | undefined => list[0];
  expectTypeOf(safely('memory', { client, v1: first, v2: first })([1])).toEqualTypeOf<number | undefined>();

  function named(this: { readonly name: string }): string {
    return this.name;
  }
  const ofThis = safely('memory', { client, v1: named, v2: named });
  expectTypeOf<ThisParameterType<typeof ofThis>>().toEqualTypeOf<{ readonly name: string }>();
});

test('v2 gives and takes what v1 does', () => {
  const load = async (id: string): Promise<number> => id.length;
  // @ts-expect-error -- v1 gives a number
  safely('memory', { client, v1: load, v2: async (id) => id });
  // @ts-expect-error -- v1 gives a promise
  safely('memory', { client, v1: load, v2: (id) => id.length });
  // @ts-expect-error -- v1 passes text
  safely('memory', { client, v1: load, v2: async (id: number) => id });
  // @ts-expect-error -- v1 passes one argument
  safely('memory', { client, v1: load, v2: async (id: string, other: string) => id.length + other.length });
  // @ts-expect-error -- v1 gives a number
  createShadow('memory', { client, v1: load, v2: async (id) => id });
  // @ts-expect-error -- the answer is a number
  safely('memory', { client, v1: load, v2: load, validate: (answer: string) => answer !== '' });
  safely('memory', { client, v1: load, v2: load, validate: (answer, id) => answer === id.length });
});

test('a module has the exact type of v1', () => {
  const { api } = createMigration('memory', { client, v1, v2: v1 });
  expectTypeOf(api).toEqualTypeOf<MemoryService>();
});

test('a v2 without one of the methods of v1 is an error, in objects inside as well', () => {
  const { saveChatMemory, getRecentMemories, chatClient } = v1;
  // @ts-expect-error -- getRecentMemories is missing
  createMigration('memory', { client, v1, v2: { saveChatMemory, chatClient } });
  // @ts-expect-error -- chatClient.send is missing
  createMigration('memory', { client, v1, v2: { saveChatMemory, getRecentMemories, chatClient: {} } });
  createMigration('memory', {
    client,
    v1,
    // @ts-expect-error -- v1 gives memories
    v2: { saveChatMemory, chatClient, getRecentMemories: async () => [1] },
  });
});

test('options are of methods that v1 has', () => {
  const getRecentMemories = { validate: (answer: readonly Memory[]) => answer.length > 0 };
  createMigration('memory', {
    client,
    v1,
    v2: v1,
    methods: { getRecentMemories, 'chatClient.send': { timeoutMs: 1 } },
  });
  // @ts-expect-error -- no such method
  createMigration('memory', { client, v1, v2: v1, methods: { getOldMemories: {} } });
});
