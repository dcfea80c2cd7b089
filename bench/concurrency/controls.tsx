// What the checks say of others: state that React keeps passes them all, a store read in a render without its hook tears.
import {
  createContext,
  useContext,
  useDeferredValue,
  useEffect,
  useReducer,
  useState,
  type Dispatch,
  type ReactNode,
} from 'react';
import type { Adapter } from './adapter.js';

type Action = 'increment' | 'double';
const next = (count: number, action: Action): number => (action === 'increment' ? count + 1 : count * 2);

const adapterOf = (useCount: () => number, rest: Pick<Adapter, 'Root' | 'useActions'>): Adapter => ({
  ...rest,
  Count: ({ as: Shown }) => <Shown count={useCount()} />,
  DeferredCount: ({ as: Shown }) => <Shown count={useDeferredValue(useCount())} />,
  modulus: Infinity,
});

/** `useReducer` and a context: React's own state. */
export const contextAdapter = (): Adapter => {
  const CountContext = createContext<readonly [number, Dispatch<Action>]>([0, () => {}]);
  const Root = ({ children }: { readonly children: ReactNode }) => (
    <CountContext value={useReducer(next, 0)}>{children}</CountContext>
  );
  return adapterOf(() => useContext(CountContext)[0], {
    Root,
    useActions() {
      const [, dispatch] = useContext(CountContext);
      return { increment: () => dispatch('increment'), double: () => dispatch('double') };
    },
  });
};

/** A store outside React, read while rendering and subscribed to in an effect, as was usual before `useSyncExternalStore`. */
export const effectAdapter = (): Adapter => {
  let count = 0;
  const listeners = new Set<() => void>();
  const dispatch = (action: Action) => {
    count = next(count, action);
    for (const listener of listeners) listener();
  };
  const actions = { increment: () => dispatch('increment'), double: () => dispatch('double') };
  const useCount = () => {
    const [, setSeen] = useState(count);
    useEffect(() => {
      const listener = () => setSeen(count);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    }, []);
    return count;
  };
  return adapterOf(useCount, { Root: ({ children }) => children, useActions: () => actions });
};
