import { assertNever } from '../../error.js';
import type { Observation } from '../../observe/observe.js';

/** One observation in a line. */
export function describeObservation(observation: Observation): string {
  const { version, reason } = observation;
  const about = `${version} ${reason}`;
  switch (observation.kind) {
    case 'failure': {
      const { phase, name, message, v1AlsoFailed } = observation.failure;
      return `${version} ${phase}: ${name}: ${message}${v1AlsoFailed ? ' (v1 failed as well)' : ''}`;
    }
    case 'timing':
      return `${version} ${observation.name} ${Math.round(observation.valueMs * 10) / 10} ms`;
    case 'sum':
      return `${version} ${observation.name} ${observation.value}`;
    case 'measure':
      return `${version} ${observation.name} ${observation.value} ${observation.unit}`;
    case 'attempt':
    case 'exposure':
    case 'settled':
    case 'aborted':
    case 'suppressedByBreaker':
    case 'overridden':
    case 'slow':
    case 'silent':
      return about;
    default:
      return assertNever(observation);
  }
}
