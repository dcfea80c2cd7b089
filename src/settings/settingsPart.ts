'use client';

/** The elements of the panel that a stylesheet can name. */
export type SettingsSlot =
  | 'root'
  | 'title'
  | 'list'
  | 'row'
  | 'name'
  | 'description'
  | 'choice'
  | 'sentence'
  | 'actions'
  | 'button'
  | 'controls'
  | 'state'
  | 'percentage'
  | 'field'
  | 'status'
  | 'problem'
  | 'code'
  | 'dialog'
  | 'question'
  | 'reasons'
  | 'health'
  | 'history'
  | 'entry';

/** Class names of the host's own, by element. */
export type SettingsClassNames = { readonly [Slot in SettingsSlot]?: string | undefined };

/** The attributes by which an element is styled: `data-switchback="settings-row"`, and the host's class. */
export const settingsPart = (
  slot: SettingsSlot,
  classNames: SettingsClassNames,
): { readonly 'data-switchback': string; readonly className: string | undefined } => ({
  'data-switchback': `settings-${slot}`,
  className: classNames[slot],
});
