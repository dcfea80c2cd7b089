/** Calls back when the page becomes visible or the network comes back; returns what ends it. */
export type OnWake = (run: () => void) => () => void;

/** The browser's own signals; never calls back outside a browser. */
export const onPageWake: OnWake = (run) => {
  if (typeof window === 'undefined') return () => {};
  const onVisibility = () => {
    if (document.visibilityState === 'visible') run();
  };
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('online', run);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', run);
  };
};
