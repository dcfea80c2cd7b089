const storageKey = 'switchback:activity';
const steps = 10_000;

/**
 * Draws once for a browser tab's session: all of its trackers are in or out together, and a lower rate only takes sessions out.
 * One of 10,000 numbers is kept, which tells nobody apart.
 * @returns 0–1, never 1
 */
export function sessionDraw(random: () => number): number {
  const storage = openSessionStorage();
  const stored = read(storage);
  if (stored !== undefined) return stored / steps;
  const drawn = Math.min(Math.floor(random() * steps), steps - 1);
  try {
    storage?.setItem(storageKey, String(drawn));
  } catch {
    // Full or denied: the draw holds for this page.
  }
  return drawn / steps;
}

function openSessionStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}

function read(storage: Storage | undefined): number | undefined {
  try {
    const stored = storage?.getItem(storageKey) ?? '';
    return /^\d{1,4}$/.test(stored) ? Number(stored) : undefined;
  } catch {
    return undefined;
  }
}
