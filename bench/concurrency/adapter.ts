import type { ComponentType, ReactNode } from 'react';

export interface CountProps {
  /** Shows a count, and takes its time over it. */
  readonly as: ComponentType<{ readonly count: number }>;
}

/** One way to bring a count, kept somewhere, to the components that show it. */
export interface Adapter {
  readonly Root: ComponentType<{ readonly children: ReactNode }>;
  readonly Count: ComponentType<CountProps>;
  /** The same count through `useDeferredValue`. */
  readonly DeferredCount: ComponentType<CountProps>;
  useActions(): { readonly increment: () => void; readonly double: () => void };
  /** What is shown of a count: this many different values, one after the other. */
  readonly modulus: number;
}
