'use client';

/** The focused element and what is around it, innermost first; nothing when the focus is nowhere in particular. */
export function focusedPath(): readonly Element[] {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const path: Element[] = [];
  while (focused && focused !== document.body) {
    path.push(focused);
    const root = focused.parentNode;
    focused = root instanceof ShadowRoot ? root.host : focused.parentElement;
  }
  return path;
}

/**
 * Where the focused element has left the document or waits out of sight, puts the focus on the innermost element around it that
 * stayed: whoever works by keyboard goes on from there and not from the top of the page.
 * @returns whether the focus was lost
 */
export function keepFocus(path: readonly Element[]): boolean {
  let stayedFrom = path.length;
  while (stayedFrom > 0 && !isLost(path[stayedFrom - 1])) stayedFrom--;
  if (stayedFrom === 0) return false;
  // What came in may have taken it already, such as by autoFocus.
  const [focused = path[0]] = focusedPath();
  const container = path[stayedFrom];
  if (focused === path[0] && container instanceof HTMLElement) {
    if (container.tabIndex < 0 && !container.hasAttribute('tabindex')) {
      container.tabIndex = -1;
      container.addEventListener('blur', () => container.removeAttribute('tabindex'), { once: true });
    }
    container.focus({ preventScroll: true });
  }
  return true;
}

// An Activity hides by this very style; asking for the computed one would cost every gate a recalculation.
const isLost = (element: Element | undefined): boolean =>
  element?.isConnected === false || (element instanceof HTMLElement && element.style.display === 'none');
