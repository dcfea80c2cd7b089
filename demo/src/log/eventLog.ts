import { createValueStore } from '../data/valueStore.js';

export type LogKind = 'decision' | 'exposure' | 'fallback' | 'rollback' | 'change' | 'connection' | 'demo';

/** One line of the live log. */
export interface LogEntry {
  readonly id: number;
  /** ms since 1970. */
  readonly atMs: number;
  readonly kind: LogKind;
  readonly text: string;
}

const maxEntries = 150;
let lastId = 0;

/** Newest first. */
export const eventLog = createValueStore<readonly LogEntry[]>([]);

export function log(kind: LogKind, text: string, atMs: number = Date.now()): void {
  lastId += 1;
  const entry = { id: lastId, atMs, kind, text };
  eventLog.set((entries) => [entry, ...entries].slice(0, maxEntries));
}
