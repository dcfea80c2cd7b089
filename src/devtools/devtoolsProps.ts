import type { SwitchbackClient } from '../client/switchbackClient.js';

/** A key that is held; `mod` is ⌘ on Apple's machines and Ctrl elsewhere. */
type Modifier = 'mod' | 'ctrl' | 'alt' | 'shift' | 'meta';

/**
 * Modifiers and one key, such as `mod+shift+d` or `alt+1`; `mod` is ⌘ on Apple's machines and Ctrl elsewhere. At least one of
 * `mod`, `ctrl`, `alt` and `meta`: a bare key would be somebody's text.
 */
export type DevtoolsHotkey = `${Modifier}+${string}`;

/** The corner that the devtools open from. */
export type DevtoolsPosition = 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left';
/** The colours of the devtools; `auto`: as the browser is set. */
export type DevtoolsTheme = 'auto' | 'light' | 'dark';

/** Whose features are shown, and where. */
export interface SwitchbackDevtoolsProps {
  /** Default: the nearest provider's. */
  readonly client?: SwitchbackClient | undefined;
  /** Which corner; default `bottom-right`. */
  readonly position?: DevtoolsPosition | undefined;
  /** Default `auto`: as the browser is set. */
  readonly theme?: DevtoolsTheme | undefined;
  /**
   * `always` (default), or `overridden`: only while a version is forced here, so that whoever forced one sees it and can let go of it.
   * The code is not fetched before.
   */
  readonly show?: 'always' | 'overridden' | undefined;
  /**
   * Opens and closes the panel while its button is there, such as `mod+shift+d`; never while somebody types. Default: none, since
   * the page's shortcuts are the page's. One that is wrong is told to `onInternalFault`, and none.
   */
  readonly hotkey?: DevtoolsHotkey | undefined;
}

/** What of it is the panel's. */
export type DevtoolsLook = Required<Pick<SwitchbackDevtoolsProps, 'position' | 'theme' | 'hotkey'>>;
