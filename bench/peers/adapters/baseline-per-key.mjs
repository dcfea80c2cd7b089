// What a hand-written store with one listener set per flag costs: the practical limit for a hook
// that must notice changes. Only the listeners of the flags that changed are called.
import { useContext, createContext, createElement, useSyncExternalStore } from 'react';
export const meta = {
  name: 'per-key store (reference)',
  kind: 'baseline',
  packages: [],
  // Its size entry adds a one-block SHA-256: the core of a client without fetching, overrides or reporting.
  size: `export { create } from './adapters/baseline-per-key.mjs'; export { sha256First32 } from './lib/sha256-one-block.mjs';`,
};
const Ctx = createContext(null);
class Store {
  constructor(values) {
    this.values = new Map(Object.entries(values));
    this.cells = new Map();
  }
  cell(key) {
    let c = this.cells.get(key);
    if (!c) {
      const listeners = new Set();
      c = {
        listeners,
        get: () => this.values.get(key) === true,
        subscribe: (fn) => {
          listeners.add(fn);
          return () => listeners.delete(fn);
        },
      };
      this.cells.set(key, c);
    }
    return c;
  }
  replace(next) {
    const hit = [];
    for (const k in next)
      if (this.values.get(k) !== next[k]) {
        this.values.set(k, next[k]);
        const c = this.cells.get(k);
        if (c) hit.push(c);
      }
    for (const c of hit) for (const fn of c.listeners) fn();
  }
}
export async function create({ flags }) {
  const store = new Store(flags);
  return {
    Provider: ({ children }) => createElement(Ctx.Provider, { value: store }, children),
    useBool: (key) => {
      const c = useContext(Ctx).cell(key);
      return useSyncExternalStore(c.subscribe, c.get, c.get);
    },
    evaluate: (key) => store.values.get(key) === true,
    setOne: (_k, _v, all) => store.replace(all),
    refetchSame: (all) => store.replace({ ...all }),
  };
}
