import { describe, expect, test } from 'vitest';
import { readHotkey } from '../../src/devtools/panel/hotkey.js';

const press = (key: string, held: readonly string[] = [], code = ''): KeyboardEvent =>
  ({
    key,
    code,
    ctrlKey: held.includes('ctrl'),
    altKey: held.includes('alt'),
    shiftKey: held.includes('shift'),
    metaKey: held.includes('meta'),
  }) as KeyboardEvent;

describe('a hotkey', () => {
  test.each([
    ['ctrl+shift+d', press('D', ['ctrl', 'shift'])],
    ['Shift+CTRL+D', press('D', ['ctrl', 'shift'])],
    ['ctrl+shift+1', press('!', ['ctrl', 'shift'], 'Digit1')],
    ['alt+d', press('∂', ['alt'], 'KeyD')],
    ['alt+`', press('`', ['alt'])],
    ['meta+f12', press('F12', ['meta'])],
  ])('%s is pressed by its key and its modifiers, in any order', (hotkey, event) => {
    expect(readHotkey(hotkey, false).isPressed(event)).toBe(true);
  });

  test.each([
    ['no modifier', press('d')],
    ['one too few', press('D', ['ctrl'])],
    ['one too many', press('D', ['ctrl', 'shift', 'alt'])],
    ['another key', press('E', ['ctrl', 'shift'], 'KeyE')],
    ['a key without a code, such as that of an input method', press('Process', ['ctrl', 'shift'])],
  ])('is not pressed by %s', (_, event) => {
    expect(readHotkey('ctrl+shift+d', false).isPressed(event)).toBe(false);
  });

  test('is not pressed by what only calls itself a key press, such as a browser filling in a form', () => {
    const { isPressed } = readHotkey('ctrl+shift+d', false);
    expect(isPressed(new Event('keydown') as KeyboardEvent)).toBe(false);
    expect(isPressed({ ctrlKey: true, altKey: false, shiftKey: true, metaKey: false } as KeyboardEvent)).toBe(false);
  });

  test('mod is the key of the machine, and named as assistive technology reads it', () => {
    expect(readHotkey('mod+shift+d', true).isPressed(press('d', ['meta', 'shift']))).toBe(true);
    expect(readHotkey('mod+shift+d', true).isPressed(press('d', ['ctrl', 'shift']))).toBe(false);
    expect(readHotkey('mod+shift+d', false).isPressed(press('d', ['ctrl', 'shift']))).toBe(true);
    expect(readHotkey('shift+mod+d', true).name).toBe('Shift+Meta+D');
    expect(readHotkey('shift+mod+d', false).name).toBe('Control+Shift+D');
  });

  test.each(['', 'd', 'shift+a', 'ctrl', 'ctrl+', 'ctrl+dd', 'hyper+d', 'ctrl+shift+ß', 'constructor+d', null, 7, {}])(
    'refuses %j, which is no key or somebody’s text',
    (hotkey) => {
      expect(() => readHotkey(hotkey)).toThrow(/hotkey must be such as "mod\+shift\+d": .*found/);
    },
  );
});
