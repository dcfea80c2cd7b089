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
 * Where the focused element has left the document, puts the focus on the innermost element around it that stayed: whoever
 * works by keyboard goes on from there and not from the top of the page.
 * @returns whether it had to
 */
export function keepFocus([focused, ...around]: readonly Element[]): boolean {
  if (!focused || focused.isConnected) return false;
  const container = around.find((element) => element.isConnected);
  if (container instanceof HTMLElement) {
    if (container.tabIndex < 0 && !container.hasAttribute('tabindex')) {
      container.tabIndex = -1;
      container.addEventListener('blur', () => container.removeAttribute('tabindex'), { once: true });
    }
    container.focus({ preventScroll: true });
  }
  return true;
}
