/**
 * The whole service as handlers of Mock Service Worker.
 * @module
 */

export {
  createMockService,
  switchbackHandlers,
  type MockService,
  type MockServiceOptions,
  type MockTrouble,
} from './createMockService.js';
export type { MockFeature, MockHealthStatus, MockSnapshot } from './mockState.js';
