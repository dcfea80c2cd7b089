import type { ReactElement, ReactNode } from 'react';
import { showValue, SwitchbackError } from '../error.js';
import type { Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import { createTestClient, type TestClient, type TestClientOptions } from './createTestClient.js';
import { TestSwitchback } from './TestSwitchback.js';

/** The feature whose versions are compared, and how they are rendered. */
export interface BothVersionsOptions<Rendered> extends TestClientOptions {
  /** Whose versions are compared; all others are v1 unless `versions` says otherwise. */
  readonly feature: FeatureKey;
  /** The one of Testing Library, or anything that mounts an element and gives what unmounts it. */
  readonly render: (ui: ReactElement) => Rendered;
  /** Which version the other features show. */
  readonly versions?: { readonly [Key in FeatureKey]?: Version } | undefined;
}

/** One of two rounds of a test. */
export interface RenderedVersion<Rendered> {
  /** Which version this round shows. */
  readonly version: Version;
  /** The client of this round. */
  readonly client: TestClient;
  /** What `render` gave. */
  readonly rendered: Rendered;
}

/**
 * Runs one test against v1 and then against v2, each in a render of its own: what users rely on holds for both.
 * @param ui what to render, or a function of the version
 * @param check the test; what it throws is thrown with the version in its message
 * @throws SwitchbackError `invalid-option` when a round never had its version on the screen, because v2 failed or nothing asks
 *   for the feature: such a round would have tested v1 twice
 */
export async function renderBothVersions<Rendered extends { readonly unmount: () => void }>(
  ui: ReactNode | ((version: Version) => ReactNode),
  { feature, render, versions, ...given }: BothVersionsOptions<Rendered>,
  check: (round: RenderedVersion<Rendered>) => void | Promise<void>,
): Promise<void> {
  for (const version of ['v1', 'v2'] as const) {
    const client = createTestClient({ ...versions, [feature]: version }, given);
    const children = typeof ui === 'function' ? ui(version) : ui;
    const rendered = render(<TestSwitchback client={client}>{children}</TestSwitchback>);
    try {
      await check({ version, client, rendered });
      checkShown(client, feature, version);
    } catch (error) {
      throw withVersion(error, version);
    } finally {
      rendered.unmount();
    }
  }
}

function checkShown(client: TestClient, feature: FeatureKey, version: Version): void {
  client.checkKnown();
  const isShown = client.wasShown(feature, version);
  const [failure] = client.failures(feature);
  if (isShown && failure === undefined) return;
  const cause =
    failure === undefined
      ? 'does anything ask for it, and did the test wait until it was there?'
      : `it failed: ${failure instanceof Error ? failure.message : showValue(failure)}`;
  throw new SwitchbackError('invalid-option', `${version} of ${feature} was not what the test saw; ${cause}`, {
    cause: failure,
  });
}

function withVersion(error: unknown, version: Version): unknown {
  // The same error, so that runners still show its difference and its stack.
  if (error instanceof Error) error.message = `with ${version}: ${error.message}`;
  return error;
}
