declare module 'virtual:devtools' {
  export { SwitchbackDevtools, type DevtoolsHotkey } from 'react-switchback/devtools';
}
