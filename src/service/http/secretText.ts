import { hasTokenSecret, redactSecrets } from '../tokenSecret.js';

/**
 * Finds a token of ours in any text of a body, keys included.
 * @param value as `readJson` gives it: bounded in depth
 * @returns a JSON pointer to it; null where there is none
 */
export function findSecretText(value: unknown): string | null {
  if (typeof value === 'string') return hasTokenSecret(value) ? '' : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const shown = redactSecrets(key).slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
    const found = hasTokenSecret(key) ? '' : findSecretText(inner);
    if (found !== null) return `/${shown}${found}`;
  }
  return null;
}

/** The same body without such texts, for what may not be held up by a slip: turning v2 off. */
export function withoutSecretText(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || findSecretText(value) === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, typeof inner === 'string' ? redactSecrets(inner) : inner]),
  );
}
