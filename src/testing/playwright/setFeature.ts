import { refuseOption } from '../../error.js';
import { overrideStorageKey } from '../../decide/override.js';
import { isFeatureKey, isVersion, type Version } from '../../evaluate/snapshot.js';
import type { FeatureKey } from '../../features.js';

/** As much of Playwright's `Page` or `BrowserContext` as is needed. */
export interface PageLike {
  addInitScript(script: { readonly content: string }): Promise<unknown>;
  /** Of a page: what is open already follows at once. */
  evaluate?(expression: string): Promise<unknown>;
}

/**
 * Forces a version in a Playwright page, now and in whatever it opens next; in a whole context, in the pages to come.
 * It is a local override, so it counts where the app's policy allows it: everywhere in development, in production as
 * `overrides={{ allow: … }}` says.
 * @param version null: as decided, again
 * @throws SwitchbackError `invalid-option` for what is no feature key or no version
 */
export async function setFeature(page: PageLike, feature: FeatureKey, version: Version | null): Promise<void> {
  if (!isFeatureKey(feature))
    refuseOption('feature', 'a letter, then up to 63 letters, digits, "_", "." or "-"', feature);
  if (version !== null && !isVersion(version)) refuseOption('version', '"v1", "v2" or null', version);
  const content = scriptOf(overrideStorageKey(feature), version);
  await page.addInitScript({ content });
  await page.evaluate?.(content);
}

// Text, since functions change on their way through compilers. A blank page has no storage: reading it throws.
function scriptOf(key: string, version: Version | null): string {
  const [quotedKey, value] = [JSON.stringify(key), JSON.stringify(version)];
  return `(() => {
  try {
    if (${value} === null) localStorage.removeItem(${quotedKey});
    else localStorage.setItem(${quotedKey}, ${value});
    dispatchEvent(new StorageEvent('storage', { key: ${quotedKey}, newValue: ${value}, storageArea: localStorage }));
  } catch {}
})()`;
}
