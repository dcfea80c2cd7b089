import { refuseOption } from '../../error.js';

/** A hotkey on this machine. */
export interface Hotkey {
  /** As `aria-keyshortcuts` has it, such as `Control+Shift+D`. */
  readonly name: string;
  isPressed(event: KeyboardEvent): boolean;
}

// In the order in which shortcuts are written.
const modifiers = [
  ['ctrl', 'Control', 'ctrlKey'],
  ['alt', 'Alt', 'altKey'],
  ['shift', 'Shift', 'shiftKey'],
  ['meta', 'Meta', 'metaKey'],
] as const;

const wanted = 'such as "mod+shift+d": mod, ctrl, alt, shift or meta, and one key';

/**
 * @param hotkey a DevtoolsHotkey, in any case
 * @throws SwitchbackError `invalid-option` for what names no key, or has no modifier that keeps it from being text
 */
export function readHotkey(hotkey: unknown, isApple = isAppleHere()): Hotkey {
  const names = typeof hotkey === 'string' ? hotkey.toLowerCase().split('+') : [];
  const key = names.pop() ?? '';
  const held = new Set(names.map((name) => (name === 'mod' ? (isApple ? 'meta' : 'ctrl') : name)));
  const isOne = /^([a-z0-9]|f\d{1,2}|[`.,;/\\[\]'=-])$/.test(key);
  const areKnown = [...held].every((name) => modifiers.some(([known]) => known === name));
  if (!isOne || !areKnown || [...held].every((name) => name === 'shift')) refuseOption('hotkey', wanted, hotkey);
  // With Alt a Mac types other letters, and Shift makes other signs of digits: the key's place says which one it was.
  const code = /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : null;
  const shown = modifiers.filter(([name]) => held.has(name)).map(([, name]) => name);
  return {
    name: [...shown, key.toUpperCase()].join('+'),
    // A browser that fills in a form sends events of this name that have no key.
    isPressed: (event) =>
      (String(event.key).toLowerCase() === key || event.code === code) &&
      modifiers.every(([name, , property]) => event[property] === held.has(name)),
  };
}

const isAppleHere = (): boolean => typeof navigator !== 'undefined' && /Mac|iP(hone|ad|od)/.test(navigator.platform);
