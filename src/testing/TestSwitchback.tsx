import { useState, type ReactNode } from 'react';
import { SwitchbackProvider } from '../render/SwitchbackProvider.js';
import { createTestClient, type TestClientOptions, type TestVersions } from './createTestClient.js';

export interface TestSwitchbackProps extends TestClientOptions {
  /** The features that exist, and which version each shows. */
  readonly features: TestVersions;
  readonly children: ReactNode;
}

/** A provider for tests: `<TestSwitchback features={{ memoryPanel: 'v2' }}>`. Nothing is fetched, stored or sent. */
export function TestSwitchback({ features, config, options, children }: TestSwitchbackProps): ReactNode {
  const [client] = useState(() => createTestClient(features, { config, options }));
  return <SwitchbackProvider client={client}>{children}</SwitchbackProvider>;
}
