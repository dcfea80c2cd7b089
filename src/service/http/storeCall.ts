import { StoreError } from '../store.js';
import type { ServiceClock } from '../clock.js';
import { featureJson } from './featureJson.js';
import { Problem, refuseField, unavailable } from './problem.js';

/** How long a caller waits for the database before it hears 503. */
const storeDeadlineMs = 2_000;

/**
 * Waits for the store, at most `deadlineMs`, and turns its refusals into problems.
 * @throws Problem 404, 409, 412 with `current`, 422, 503
 */
export async function callStore<T>(
  clock: ServiceClock,
  call: () => Promise<T>,
  deadlineMs = storeDeadlineMs,
): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(deadlineMs, () =>
      reject(unavailable('the database did not answer in time; read the state again before repeating a change')),
    );
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    throw error instanceof StoreError ? problemOf(error) : error;
  } finally {
    cancel();
  }
}

function problemOf(error: StoreError): Problem {
  switch (error.code) {
    case 'not-found':
      return new Problem('not-found', error.message);
    case 'conflict':
      return new Problem(
        'conflict',
        error.message,
        error.field === undefined ? {} : { errors: [{ pointer: error.field, value: '', message: error.message }] },
      );
    case 'invalid':
      return refuseField(error.field ?? '', undefined, error.message);
    case 'unavailable':
      return unavailable('the database is not available; what is published already keeps being served', 1, {
        cause: error,
      });
    case 'stale': {
      const { current } = error;
      if (current === undefined) return new Problem('stale-revision', error.message);
      return new Problem(
        'stale-revision',
        `the feature is at revision ${current.rowRevision} now: read it and decide again`,
        {
          current: featureJson(current, []),
          headers: { etag: `"${current.rowRevision}"` },
        },
      );
    }
  }
}
