/** Whether a failure of v2 is one of many: a function that is called often fails now and then. */
export interface Outcomes {
  /** @returns whether the failure is an incident for the breaker */
  add(isFailure: boolean): boolean;
}

const remembered = 20;
/** 0–1 of the last calls. */
const incidentRate = 0.25;

/** A failure is an incident when at least a quarter of the last 20 calls of v2 failed, it among them. */
export function createOutcomes(): Outcomes {
  const failures: boolean[] = [];
  let at = 0;
  let failed = 0;
  return {
    add(isFailure) {
      if (failures[at]) failed--;
      failures[at] = isFailure;
      if (isFailure) failed++;
      at = (at + 1) % remembered;
      return isFailure && failed / failures.length >= incidentRate;
    },
  };
}
