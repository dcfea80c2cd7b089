import { useEffect, useRef, type KeyboardEvent as ReactKeyboardEvent } from 'react';
import type { Hotkey } from './hotkey.js';
import { isTyping } from './isTyping.js';

/**
 * Runs something when the hotkey is pressed anywhere on the page and nobody types.
 * @returns a listener for the panel's own keys, of which the page does not hear
 */
export function useHotkey(hotkey: Hotkey | undefined, run: () => void): (event: ReactKeyboardEvent) => void {
  const press = (event: KeyboardEvent): void => {
    // What the page makes of it comes first.
    if (hotkey === undefined || event.defaultPrevented || event.repeat) return;
    if (!hotkey.isPressed(event) || isTyping(event)) return;
    event.preventDefault();
    run();
  };
  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => latest.current(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
  return ({ nativeEvent }) => press(nativeEvent);
}
