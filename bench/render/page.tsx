import { runConsumers, runGates } from './scenario.js';

declare global {
  interface Window {
    switchbackBench: { readonly runConsumers: typeof runConsumers; readonly runGates: typeof runGates };
  }
}

window.switchbackBench = { runConsumers, runGates };
