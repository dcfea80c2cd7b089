export interface CachedReadOptions<Value> {
  readonly load: (key: string) => Promise<Value>;
  /** How long an answer is good for. */
  readonly maxAgeMs: number;
  readonly maxEntries: number;
  readonly nowMs: () => number;
}

/** Reads a slow store through a cache; what is asked for at once is loaded once, and a failed load is not kept. */
export function cachedRead<Value>({ load, maxAgeMs, maxEntries, nowMs }: CachedReadOptions<Value>) {
  const entries = new Map<string, { readonly value: Promise<Value>; readonly untilMs: number }>();
  const forget = (key: string): void => void entries.delete(key);
  const read = (key: string): Promise<Value> => {
    const known = entries.get(key);
    if (known && known.untilMs > nowMs()) return known.value;
    forget(key);
    const [oldest] = entries.keys();
    if (entries.size >= maxEntries && oldest !== undefined) forget(oldest);
    const value = load(key);
    entries.set(key, { value, untilMs: nowMs() + maxAgeMs });
    value.catch(() => forget(key));
    return value;
  };
  return { read, forget };
}
