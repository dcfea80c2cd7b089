/**
 * Calls back when the page becomes visible or the network comes back; returns what ends it.
 * @param offline the network is gone, as far as the browser knows: soon after the call when it is already
 */
export type OnWake = (run: () => void, offline: () => void) => () => void;

/** The browser's own signals; never calls back outside a browser. */
export const onPageWake: OnWake = (run, offline) => {
  if (typeof window === 'undefined') return () => {};
  const onVisibility = () => {
    if (document.visibilityState === 'visible') run();
  };
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('online', run);
  window.addEventListener('offline', offline);
  if (!navigator.onLine) offline();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', run);
    window.removeEventListener('offline', offline);
  };
};
