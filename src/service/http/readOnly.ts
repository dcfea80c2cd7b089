import { Problem, unavailable } from './problem.js';

const retryAfterS = 60;

/** What a route says of itself here. */
interface Changing {
  readonly method: string;
  readonly access: string;
  readonly changes?: boolean;
}

/** Whether a route changes something that is stored. */
export const isChange = ({ method, access, changes }: Changing): boolean =>
  changes ?? (access !== 'public' && method !== 'GET');

/**
 * What a service that changes nothing answers to a change. Senders of metrics keep what they have and come back; whoever gives
 * an order hears that this is the wrong place.
 */
export const refuseChange = ({ access }: Changing): Problem =>
  access === 'public'
    ? unavailable('this service is read-only: nothing is stored here for now', retryAfterS)
    : new Problem(
        'read-only',
        'this service was started read-only: rules and streams are served, nothing can be changed here; send changes to a service without --read-only, or to the database',
      );
