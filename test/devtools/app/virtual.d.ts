declare module 'virtual:devtools' {
  export { SwitchbackDevtools } from 'react-switchback/devtools';
}
