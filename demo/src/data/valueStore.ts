import { useSyncExternalStore } from 'react';

/** One value outside React, that any component can follow. */
export interface ValueStore<Value> {
  get(): Value;
  set(next: Value | ((current: Value) => Value)): void;
  subscribe(listener: () => void): () => void;
}

export function createValueStore<Value>(
  initial: Value,
  onChange: (value: Value) => void = () => {},
): ValueStore<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      const computed = typeof next === 'function' ? (next as (current: Value) => Value)(value) : next;
      if (Object.is(computed, value)) return;
      value = computed;
      onChange(value);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export const useValue = <Value>(store: ValueStore<Value>): Value =>
  useSyncExternalStore(store.subscribe, store.get, store.get);
