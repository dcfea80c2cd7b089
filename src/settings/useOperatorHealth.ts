'use client';

import { useEffect, useState } from 'react';
import { problemIn } from './createOperator.js';
import type { OperatorHealth } from './operatorHealth.js';
import type { OperatorProblem } from './operatorProblem.js';
import { useOperator } from './useOperator.js';

/** What is known of v2 when more users are to get it. `spared`: nobody has to ask. */
export type HealthReading =
  | { readonly phase: 'spared' }
  | { readonly phase: 'reading' }
  | { readonly phase: 'read'; readonly health: OperatorHealth }
  | { readonly phase: 'failed'; readonly problem: OperatorProblem };

/** Asks once how v2 of a feature does. @param isWanted false: nothing is asked */
export function useOperatorHealth(feature: string, isWanted: boolean): HealthReading {
  const readHealth = useOperator()?.readHealth;
  const [reading, setReading] = useState<HealthReading>({ phase: isWanted ? 'reading' : 'spared' });
  useEffect(() => {
    if (!isWanted || readHealth === undefined) return undefined;
    let isOver = false;
    readHealth(feature).then(
      (health) => void (isOver || setReading({ phase: 'read', health })),
      (error: unknown) => void (isOver || setReading({ phase: 'failed', problem: problemIn(error) })),
    );
    return () => void (isOver = true);
  }, [readHealth, feature, isWanted]);
  return reading;
}
