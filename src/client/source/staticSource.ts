import { showValue, SwitchbackError } from '../../error.js';
import type { Source, SourceListener } from './source.js';

/**
 * Gives one snapshot, at once and for good.
 * @param snapshot as published by a service: parsed JSON
 * @throws SwitchbackError `invalid-option` for anything but an object; what is in it is checked by the client
 */
export function staticSource(snapshot: unknown): Source {
  if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot))
    throw new SwitchbackError('invalid-option', `staticSource takes a snapshot object, found ${showValue(snapshot)}`);
  return fixedSource('static', snapshot);
}

/** A source that says what it has and then nothing more. */
export function fixedSource(name: string, snapshot: unknown): Source {
  return {
    name,
    storageKey: null,
    dependsOnContext: false,
    start(listener) {
      const calls: ((to: SourceListener) => void)[] = [
        (to) => to.snapshot(snapshot),
        (to) => to.contact(),
        (to) => to.status('static'),
      ];
      for (const call of calls) {
        try {
          call(listener);
        } catch (error) {
          try {
            listener.fault('listener', error);
          } catch {
            // There is nobody left to tell.
          }
        }
      }
      return () => {};
    },
  };
}
