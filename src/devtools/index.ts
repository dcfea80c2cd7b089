// Devtools for development: a production build has none of it. For those, see `react-switchback/devtools/production`.
export { SwitchbackDevtools } from './SwitchbackDevtools.js';
export type { DevtoolsPosition, DevtoolsTheme, SwitchbackDevtoolsProps } from './devtoolsProps.js';
