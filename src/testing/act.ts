import * as React from 'react';

// What Testing Library sets, and whoever else tests with `act`. Builds of React for production have none.
const needsAct = (): boolean => Reflect.get(globalThis, 'IS_REACT_ACT_ENVIRONMENT') === true && 'act' in React;

/** Runs what changes components; where tests use `act`, React has followed when this returns. */
export function inAct(run: () => void): void {
  if (needsAct()) React.act(run);
  else run();
}

/** The same for what takes its time. */
export async function inActAsync(run: () => Promise<void>): Promise<void> {
  if (needsAct()) await React.act(run);
  else await run();
}
