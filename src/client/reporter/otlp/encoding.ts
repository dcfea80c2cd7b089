/** What an attribute may hold. */
export type AttributeValue = string | number | boolean;

/** An attribute as OTLP/JSON writes it: 64-bit integers are decimal strings. */
export interface KeyValue {
  readonly key: string;
  readonly value:
    | { readonly stringValue: string }
    | { readonly boolValue: boolean }
    | { readonly intValue: string }
    | { readonly doubleValue: number };
}

export function attribute(key: string, value: AttributeValue): KeyValue {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  return { key, value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

/** Beyond this a time is no 64-bit number of ns any more. */
const latestMs = 1e13;

/** Writes a time in ms since 1970 as the ns of OTLP. A time that makes no sense is 1970. */
export function nanosOf(ms: number): string {
  const wholeMs = ms > 0 ? Math.floor(Math.min(ms, latestMs)) : 0;
  return wholeMs === 0 ? '0' : `${wholeMs}000000`;
}

/** Who sends, as a resource. */
export interface Resource {
  readonly attributes: readonly KeyValue[];
}

/**
 * Why something never arrived: no room for it, not delivered in time, not taken by the collector as a whole, or singled out by
 * it.
 */
export type Lost = 'queue_full' | 'expired' | 'refused' | 'rejected';

/** What is sent at once. */
export interface Body {
  readonly text: string;
  /** How many values or events are in it. */
  readonly items: number;
  /** What it tells of earlier losses: lost with it, they are to be told again. */
  readonly losses: ReadonlyMap<Lost, number>;
  /** Whether something was left for the next one. */
  readonly hasMore: boolean;
}

export const scope = { name: 'react-switchback' } as const;

// Made when used: where there is none, as in Jest's jsdom, the package still loads.
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
