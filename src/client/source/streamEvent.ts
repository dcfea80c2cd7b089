import type { Order } from '../../evaluate/snapshot.js';

/** One event of the live stream, checked. */
export type StreamEvent =
  | { readonly type: 'hello'; readonly streamId: string; readonly nowMs: number }
  | { readonly type: 'snapshot'; readonly value: object }
  | {
      readonly type: 'revision';
      readonly order: Order;
      /** Not yet checked to be feature keys. */
      readonly kills: readonly string[];
      readonly emergency: boolean;
      readonly spreadMs: number;
    }
  | { readonly type: 'heartbeat'; readonly order: Order; readonly nowMs: number }
  | { readonly type: 'bye'; readonly retryMs: number };

export const streamEventTypes = ['hello', 'snapshot', 'revision', 'heartbeat', 'bye'] as const;

const maxSpreadMs = 30_000;
const maxByeMs = 5_000;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * Reads one event.
 * @param data the event's data, JSON text
 * @returns undefined for anything malformed; never throws
 */
export function readStreamEvent(type: StreamEvent['type'], data: unknown): StreamEvent | undefined {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(data as string);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { epoch, revision, streamId, now, retryMs, kills, emergency, spreadMs } = value;
  const order = isCount(epoch) && isCount(revision) ? { epoch, revision } : null;
  switch (type) {
    case 'hello':
      return typeof streamId === 'string' && /^.{1,128}$/.test(streamId) && isCount(now)
        ? { type, streamId, nowMs: now }
        : undefined;
    case 'snapshot':
      return { type, value };
    case 'revision':
      if (!order || !Array.isArray(kills)) return undefined;
      return {
        type,
        order,
        kills: kills.filter((key) => typeof key === 'string'),
        // When in doubt, v1.
        emergency: emergency !== undefined && emergency !== null && emergency !== false,
        spreadMs: isCount(spreadMs) ? Math.min(spreadMs, maxSpreadMs) : 0,
      };
    case 'heartbeat':
      return order && isCount(now) ? { type, order, nowMs: now } : undefined;
    case 'bye':
      return { type, retryMs: isCount(retryMs) ? Math.min(retryMs, maxByeMs) : maxByeMs };
  }
}
