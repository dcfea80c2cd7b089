/**
 * For tests of apps: fixed versions, a clock that stands still, failures on purpose.
 * @see docs/testing.md
 * @module
 */

export { TestSwitchback, type TestSwitchbackProps } from './TestSwitchback.js';
export {
  createTestClient,
  type TestClient,
  type TestClientOptions,
  type TestConfigs,
  type TestVersions,
} from './createTestClient.js';
export type {
  Failure as TestFailure,
  GivenDelays as TestDelays,
  GivenFailures as TestFailures,
} from '../render/breaking/failure.js';
export type { Shown } from './watchGates.js';
export { createTestClock, type TestClock } from './testClock.js';
export { renderBothVersions, type BothVersionsOptions, type RenderedVersion } from './renderBothVersions.js';
