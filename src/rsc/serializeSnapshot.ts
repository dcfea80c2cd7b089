import { SwitchbackError, type OnInternalFault } from '../error.js';
import { parseSnapshot } from '../evaluate/parseSnapshot.js';
import { tell } from './tell.js';

/** Who hears of what failed. */
export interface SerializeSnapshotOptions {
  /** Hears of a snapshot that cannot be sent; default: a console warning in development. */
  readonly onInternalFault?: OnInternalFault | undefined;
}

/** UTF-16 units of JSON; a published snapshot has at most 200 KB. */
export const maxSnapshotLength = 256 * 1_024;

// What ends a script element or a comment in HTML, or a line in old JavaScript. Inside JSON they only occur in strings.
const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * Writes a snapshot as JSON that can stand in HTML: inside `<script type="application/json">` or an inline script, whatever is
 * in its settings. The browser reads it with `JSON.parse` and gives it to the provider as `initial`.
 * @param snapshot parsed JSON; null where there is none
 * @returns `null` for what is no snapshot or is longer than 256 Ki characters: all is v1 until the browser has asked for itself;
 *   never throws
 */
export function serializeSnapshot(snapshot: unknown, { onInternalFault }: SerializeSnapshotOptions = {}): string {
  if (snapshot === null || snapshot === undefined) return 'null';
  try {
    // In a script `"__proto__"` would give an object a prototype, where in JSON it is a key that nobody reads.
    const json = JSON.stringify(snapshot, (key, value: unknown) => (key === '__proto__' ? undefined : value)) ?? '';
    // What is written is what is checked: a `toJSON` may give something else than the object shows.
    const problem = problemOf(json);
    if (problem === undefined) return json.replace(/[<>&\u2028\u2029]/g, (found) => escapes[found] ?? '');
    tell(onInternalFault, 'serializeSnapshot', new SwitchbackError('invalid-snapshot', problem));
  } catch (cause) {
    const error = new SwitchbackError('invalid-snapshot', 'the snapshot is no JSON', { cause });
    tell(onInternalFault, 'serializeSnapshot', error);
  }
  return 'null';
}

function problemOf(json: string): string | undefined {
  if (json.length > maxSnapshotLength)
    return `a snapshot has at most ${maxSnapshotLength} characters, found ${json.length}`;
  const { status, problems } = parseSnapshot(json === '' ? undefined : JSON.parse(json));
  const [first] = problems;
  return status === 'invalid'
    ? `snapshot${first?.pointer}: must be ${first?.message}, found ${first?.value}`
    : undefined;
}
