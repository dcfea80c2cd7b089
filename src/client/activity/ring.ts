/** The last so many values: one more and the oldest is gone. */
export interface Ring<T> {
  push(value: T): void;
  size(): number;
  /** From the oldest on. */
  toArray(): T[];
  clear(): void;
}

export function createRing<T>(capacity: number): Ring<T> {
  let values: T[] = [];
  let oldest = 0;
  return {
    push(value) {
      if (values.length < capacity) values.push(value);
      else {
        values[oldest] = value;
        oldest = (oldest + 1) % capacity;
      }
    },
    size: () => values.length,
    toArray: () => [...values.slice(oldest), ...values.slice(0, oldest)],
    clear() {
      values = [];
      oldest = 0;
    },
  };
}
