const notTyped = ['button', 'checkbox', 'color', 'file', 'image', 'radio', 'range', 'reset', 'submit'];
const typed = 'textarea, select, [role="textbox"], [role="searchbox"], [role="combobox"]';

/** Whether a key press goes into a text, or is part of composing one. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing) return true;
  // Also inside a shadow tree, whose host is all that the event tells of otherwise.
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !notTyped.includes(target.type);
  return target.isContentEditable || target.matches(typed);
}
