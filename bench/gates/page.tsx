import { countRetained, failAndReset, sampleFrames } from './failures.js';
import { keepMounted, mountInTransition, timeMount } from './mounts.js';

const gatesBench = { countRetained, failAndReset, keepMounted, mountInTransition, sampleFrames, timeMount };

declare global {
  interface Window {
    gatesBench: typeof gatesBench;
  }
}

window.gatesBench = gatesBench;
