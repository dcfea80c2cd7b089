// The same devtools, also in production builds: for hosts that let some users see or force versions there.
export { DevtoolsHost as SwitchbackDevtools } from '../DevtoolsHost.js';
export type { DevtoolsPosition, DevtoolsTheme, SwitchbackDevtoolsProps } from '../devtoolsProps.js';
