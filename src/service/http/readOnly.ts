import { Problem, unavailable } from './problem.js';
import type { Route } from './router.js';

const retryAfterS = 60;

/** Whether a route changes something that is stored. */
export const isChange = ({ method, access, changes }: Route): boolean =>
  changes ?? (access !== 'public' && method !== 'GET');

/**
 * What a service that changes nothing answers to a change. Senders of metrics keep what they have and come back; whoever gives
 * an order hears that this is the wrong place.
 */
export const refuseChange = ({ access }: Route): Problem =>
  access === 'public'
    ? unavailable('this service is read-only: nothing is stored here for now', retryAfterS)
    : new Problem(
        'read-only',
        'this service was started read-only: rules and streams are served, nothing can be changed here; send changes to a service without --read-only, or to the database',
      );
