/**
 * Devtools for development: a production build has none of it. For those there is `react-switchback/devtools/production`.
 * @see docs/devtools.md
 * @module
 */

export { SwitchbackDevtools } from './SwitchbackDevtools.js';
export type { DevtoolsHotkey, DevtoolsPosition, DevtoolsTheme, SwitchbackDevtoolsProps } from './devtoolsProps.js';
