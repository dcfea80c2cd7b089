import { trackActivity } from './activity.js';
import { createStoredList } from './storedList.js';

/** One working session in the IDE. v1 shows when it began; v2 makes a title from the files. */
export interface Session {
  readonly id: string;
  /** ms since 1970. */
  readonly startedAtMs: number;
  readonly files: readonly string[];
  readonly commands: number;
}

const isSession = (value: unknown): value is Session =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  'startedAtMs' in value &&
  typeof value.startedAtMs === 'number' &&
  'files' in value &&
  Array.isArray(value.files);

const hourMs = 3_600_000;
const began = (id: string, hoursAgo: number, commands: number, ...files: string[]): Session => ({
  id,
  startedAtMs: Date.now() - hoursAgo * hourMs,
  files,
  commands,
});

export const sessionStore = createStoredList('demo:sessions', isSession, [
  began('s1', 0.4, 12, 'MemoryPanel.tsx', 'memory.css'),
  began('s2', 2, 41, 'session-title.ts', 'session-title.test.ts'),
  began('s3', 5, 8, 'feature-flags.ts'),
  began('s4', 27, 63, 'activity-tracker.ts', 'safeguard-monitor.ts', 'activity-tracker.test.ts'),
  began('s5', 30, 5, 'README.md'),
  began('s6', 75, 22, 'rollback-status.ts', 'route.ts'),
]);

const newFiles = ['checkout.ts', 'invoice.tsx', 'search.ts', 'theme.css', 'router.ts', 'queue.ts'];

export function startSession(): void {
  const file = newFiles[sessionStore.get().length % newFiles.length] ?? 'notes.md';
  const session = { id: crypto.randomUUID(), startedAtMs: Date.now(), files: [file], commands: 0 };
  sessionStore.set((list) => [session, ...list]);
  trackActivity('started a session');
}

export function deleteSession(id: string): void {
  sessionStore.set((list) => list.filter((session) => session.id !== id));
  trackActivity('deleted a session');
}

const dateTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const time = new Intl.DateTimeFormat('en', { timeStyle: 'short' });

/** The title v1 has always had. */
export const plainTitle = ({ startedAtMs }: Session): string => `IDE Session ${dateTime.format(startedAtMs)}`;

/** v2's title: what was worked on. */
export function describedTitle({ files }: Session): string {
  const names = files.map((file) => file.replace(/\.(test\.)?\w+$/, '').replaceAll('-', ' '));
  const [first = 'empty session', ...rest] = [...new Set(names)];
  const head = first.charAt(0).toUpperCase() + first.slice(1);
  return rest.length === 0 ? head : `${head} and ${rest.length === 1 ? rest[0] : `${rest.length} more`}`;
}

export const timeOf = ({ startedAtMs }: Session): string => time.format(startedAtMs);

/** The day's heading in v2. */
export function dayOf({ startedAtMs }: Session, nowMs: number): string {
  const startOfDay = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((startOfDay(nowMs) - startOfDay(startedAtMs)) / (24 * hourMs));
  return days <= 0 ? 'Today' : days === 1 ? 'Yesterday' : `${days} days ago`;
}
