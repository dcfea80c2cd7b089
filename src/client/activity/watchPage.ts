import type { Activity } from './activityEvent.js';
import { describeElement } from './describeElement.js';
import { describePath } from './describePath.js';

export interface PageWatch {
  readonly dataAttributes: readonly string[];
  readonly onActivity: (activity: Activity) => void;
  /** The page may be gone soon. */
  readonly onHide: () => void;
}

/**
 * Listens to clicks, navigations and visibility, and to nothing else. Listeners are passive and see clicks before anybody can
 * stop them.
 * @returns removes every listener at once
 */
export function watchPage({ dataAttributes, onActivity, onHide }: PageWatch): () => void {
  const abort = new AbortController();
  const options = { capture: true, passive: true, signal: abort.signal };
  let path = describePath(location.pathname);
  let href = location.href;

  const onNavigation = (): void => {
    // Another hash or state of the same page is no navigation, and one navigation may be told twice.
    if (location.href === href) return;
    href = location.href;
    const next = describePath(location.pathname);
    if (next === path) return;
    path = next;
    onActivity({ kind: 'navigation', path });
  };
  document.addEventListener(
    'click',
    (event) => onActivity({ kind: 'click', element: describeElement(event.composedPath(), dataAttributes) }),
    options,
  );
  document.addEventListener(
    'visibilitychange',
    () => {
      const state = document.visibilityState === 'hidden' ? 'hidden' : 'visible';
      onActivity({ kind: 'visibility', state });
      if (state === 'hidden') onHide();
    },
    options,
  );
  window.addEventListener('pagehide', onHide, options);
  window.addEventListener('popstate', onNavigation, options);
  // Where there is none, pushes of a router are not seen: nothing of the page's is patched.
  const { navigation }: { readonly navigation?: EventTarget } = window as never;
  navigation?.addEventListener('currententrychange', onNavigation, options);
  return () => abort.abort();
}
