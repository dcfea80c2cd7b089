export { TestSwitchback, type TestSwitchbackProps } from './TestSwitchback.js';
export {
  createTestClient,
  type TestClient,
  type TestClientOptions,
  type TestConfigs,
  type TestVersions,
} from './createTestClient.js';
export type { TestDelays, TestFailure, TestFailures } from './testFailures.js';
export type { Shown } from './watchGates.js';
export { createTestClock, type TestClock } from './testClock.js';
export { renderBothVersions, type BothVersionsOptions, type RenderedVersion } from './renderBothVersions.js';
