/**
 * Calls back when the page is hidden, perhaps for good; returns what ends it. `isGone`: it is left or closed, and may come back
 * from the back/forward cache.
 */
export type OnHide = (run: (isGone?: boolean) => void) => () => void;

/** The browser's own signals; never calls back outside a browser. */
export const onPageHide: OnHide = (run) => {
  if (typeof window === 'undefined') return () => {};
  const onVisibility = () => {
    if (document.visibilityState === 'hidden') run();
  };
  const onPage = () => run(true);
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', onPage);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', onPage);
  };
};
