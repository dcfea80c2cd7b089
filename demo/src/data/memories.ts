import { trackActivity } from './activity.js';
import { createStoredList } from './storedList.js';

export const memoryKinds = ['fact', 'decision', 'preference', 'task'] as const;
export type MemoryKind = (typeof memoryKinds)[number];

/** Something the assistant remembers. v1 knows only the text; v2 also uses kind and pin. */
export interface Memory {
  readonly id: string;
  readonly text: string;
  readonly kind: MemoryKind;
  readonly isPinned: boolean;
  /** ms since 1970. */
  readonly atMs: number;
}

const isMemory = (value: unknown): value is Memory =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  'text' in value &&
  typeof value.text === 'string' &&
  'kind' in value &&
  memoryKinds.includes(value.kind as MemoryKind);

const hourMs = 3_600_000;
const remembered = (id: string, hoursAgo: number, kind: MemoryKind, text: string, isPinned = false): Memory => ({
  id,
  text,
  kind,
  isPinned,
  atMs: Date.now() - hoursAgo * hourMs,
});

export const memoryStore = createStoredList('demo:memories', isMemory, [
  remembered('m1', 1, 'preference', 'Prefers pnpm over npm in client projects, npm everywhere else.', true),
  remembered('m2', 3, 'decision', 'Session titles are made from the first three edited files, not from the clock.'),
  remembered('m3', 7, 'fact', 'Staging runs on port 3001; the API keys for it rotate every Monday.'),
  remembered('m4', 26, 'task', 'Ask the design team about the empty state of the memory panel.'),
  remembered(
    'm5',
    50,
    'decision',
    'No direct modifications: new panels run beside the old ones until they have proved themselves.',
  ),
  remembered('m6', 73, 'fact', 'The activity buffer holds at most 1,000 events per session.'),
]);

export function addMemory(text: string, kind: MemoryKind = 'fact'): void {
  const memory = { id: crypto.randomUUID(), text: text.trim(), kind, isPinned: false, atMs: Date.now() };
  if (memory.text === '') return;
  memoryStore.set((list) => [memory, ...list]);
  trackActivity('added a memory');
}

export function deleteMemory(id: string): void {
  memoryStore.set((list) => list.filter((memory) => memory.id !== id));
  trackActivity('deleted a memory');
}

export const togglePin = (id: string): void =>
  memoryStore.set((list) =>
    list.map((memory) => (memory.id === id ? { ...memory, isPinned: !memory.isPinned } : memory)),
  );

export const matches = (text: string, query: string): boolean =>
  text.toLowerCase().includes(query.trim().toLowerCase());
