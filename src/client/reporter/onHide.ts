/** Calls back when the page is hidden, perhaps for good; returns what ends it. */
export type OnHide = (run: () => void) => () => void;

/** The browser's own signals; never calls back outside a browser. */
export const onPageHide: OnHide = (run) => {
  if (typeof window === 'undefined') return () => {};
  const onVisibility = () => {
    if (document.visibilityState === 'hidden') run();
  };
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', run);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', run);
  };
};
