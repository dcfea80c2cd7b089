/**
 * The same devtools, also in production builds: for hosts that let some users see or force versions there.
 * @module
 */

export { DevtoolsHost as SwitchbackDevtools } from '../DevtoolsHost.js';
export type { DevtoolsHotkey, DevtoolsPosition, DevtoolsTheme, SwitchbackDevtoolsProps } from '../devtoolsProps.js';
