import type { Order } from '../../evaluate/snapshot.js';
import { streamEventTypes, type StreamEvent } from './streamEvent.js';

/** What tabs that share a stream tell each other. */
export type Relayed =
  /** Of the leader, and of no other: what it heard, as it came. */
  | { readonly kind: 'event'; readonly type: StreamEvent['type']; readonly data: string; readonly leads: Leads }
  /** It leads, or its stream broke. */
  | { readonly kind: 'lead' | 'lost'; readonly leads: Leads }
  /** Of anybody: who leads, and what happened? Up to where this screen shows what is in force. */
  | { readonly kind: 'join' | 'shown'; readonly tab: string; readonly shown: Order | null }
  /** The stream is wanted now; the tab goes. */
  | { readonly kind: 'open'; readonly tab: string }
  | { readonly kind: 'leave'; readonly tab: string };

export interface Leads {
  /** Grows with each leader: one that hung and does not know yet that it was replaced is not believed. */
  readonly term: number;
  readonly isVisible: boolean;
  /** Its connection failed often of late. */
  readonly isDegraded: boolean;
  /** For one tab alone. */
  readonly to: string | null;
}

const maxIdLength = 64;
const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maxIdLength;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Reads a message. Whatever else scripts of this origin say on the channel is none. Never throws. */
export function readRelayed(message: unknown): Relayed | undefined {
  try {
    const { kind, type, data, tab, shown, leads } = Object(message);
    switch (kind) {
      case 'event':
      case 'lead':
      case 'lost': {
        const { term, isVisible, isDegraded, to } = Object(leads);
        if (!isCount(term)) return undefined;
        const read: Leads = {
          term,
          isVisible: isVisible === true,
          isDegraded: isDegraded === true,
          to: isId(to) ? to : null,
        };
        if (kind !== 'event') return { kind, leads: read };
        return streamEventTypes.includes(type) && typeof data === 'string'
          ? { kind, type, data, leads: read }
          : undefined;
      }
      case 'join':
      case 'shown': {
        const { epoch, revision } = Object(shown);
        const order = isCount(epoch) && isCount(revision) ? { epoch, revision } : null;
        return isId(tab) ? { kind, tab, shown: order } : undefined;
      }
      case 'open':
      case 'leave':
        return isId(tab) ? { kind, tab } : undefined;
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}
