export { TestSwitchback, type TestSwitchbackProps } from './TestSwitchback.js';
export { createTestClient, type TestClient, type TestClientOptions, type TestVersions } from './createTestClient.js';
