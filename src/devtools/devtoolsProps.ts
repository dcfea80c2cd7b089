import type { SwitchbackClient } from '../client/switchbackClient.js';

export type DevtoolsPosition = 'bottom-right' | 'bottom-left' | 'top-right' | 'top-left';
export type DevtoolsTheme = 'auto' | 'light' | 'dark';

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
}
