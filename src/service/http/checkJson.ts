import { Problem, refuseField } from './problem.js';

/** Levels of lists and objects in a body; configurations need a few. */
const maxDepth = 64;

/** Refuses a body nested so deeply that whoever walks it later could run out of stack. @throws Problem 422 */
export function checkDepth(text: string): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isText) {
      if (code === backslash) at += 1;
      else if (code === quote) isText = false;
    } else if (code === quote) isText = true;
    else if (code === openList || code === openObject) {
      depth += 1;
      if (depth > maxDepth)
        throw new Problem('invalid-value', `the body is nested deeper than ${maxDepth} levels`, {
          errors: [{ pointer: '', value: text.slice(0, 32), message: `at most ${maxDepth} levels` }],
        });
    } else if (code === closeList || code === closeObject) depth -= 1;
  }
}

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

// Whole pairs of surrogates are no match: with u, only halves are.
const unstorable = /[\0\p{Cs}]/u;
const suspicious = /\\u(?:0000|d[89a-f])/i;

/** Refuses text that PostgreSQL cannot keep: NUL, and halves of surrogate pairs. @throws Problem 422 with the pointer */
export function checkText(text: string, value: unknown): void {
  // Only an escape can bring one in: a raw one is no JSON, or no UTF-8.
  if (suspicious.test(text)) visit(value, '');
}

function visit(value: unknown, pointer: string): void {
  if (typeof value === 'string') {
    if (unstorable.test(value)) throw refuseField(pointer, value, 'text without NUL and without half characters');
  } else if (Array.isArray(value)) for (const [at, one] of value.entries()) visit(one, `${pointer}/${at}`);
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) {
      if (unstorable.test(key)) throw refuseField(pointer, key, 'names without NUL and without half characters');
      visit(one, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 64)}`);
    }
}
