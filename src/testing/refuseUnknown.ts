import { showValue, SwitchbackError } from '../error.js';

/** @throws SwitchbackError `invalid-feature`, with the list of those that are known */
export function refuseUnknown(feature: string, known: Iterable<string>): never {
  const names = [...known].sort().join(', ');
  throw new SwitchbackError(
    'invalid-feature',
    `unknown feature ${showValue(feature)}; this test knows ${names === '' ? 'none' : names}`,
  );
}
