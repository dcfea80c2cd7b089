import * as React from 'react';
import { lazy, type ComponentType } from 'react';

/** Something v2 waits for, until it is told to go on. */
export interface Suspension {
  /** Call while rendering: suspends. */
  wait(): void;
  /** Whether anything has suspended on it. */
  isAwaited(): boolean;
  end(): void;
}

const use = (React as Readonly<Record<string, unknown>>)['use'.toString()] as
  | ((promise: Promise<unknown>) => unknown)
  | undefined;

export function createSuspension(how: 'throw' | 'use' = 'throw'): Suspension {
  let isOver = false;
  let isAwaited = false;
  let end = () => {};
  const promise = new Promise<void>((resolve) => {
    end = () => {
      isOver = true;
      resolve();
    };
  });
  return {
    wait() {
      isAwaited = true;
      if (how === 'use') use!(promise);
      else if (!isOver) throw promise;
    },
    isAwaited: () => isAwaited,
    end,
  };
}

/** The ways in which a component suspends and does not come back. */
export const endless: readonly (readonly [string, ComponentType])[] = [
  ['a thrown promise', waits(createSuspension())],
  ['code inside it that does not arrive', lazy(() => new Promise<never>(() => {}))],
  ...(use ? [['use', waits(createSuspension('use'))] as const] : []),
];

function waits({ wait }: Suspension) {
  return function Waiting() {
    wait();
    return null;
  };
}
