import { showValue } from '../error.js';
import type { Version } from '../evaluate/snapshot.js';
import type { FeatureKey } from '../features.js';
import type { TestClient } from './createTestClient.js';

/** What a matcher answers, to Jest and Vitest alike. */
export interface Matched {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * Matchers for `expect(client)`, where `client` is one of `createTestClient`: `expect.extend(switchbackMatchers)`, in Vitest
 * and Jest.
 */
export const switchbackMatchers = {
  /** Every mounted gate and hook of the feature shows this version now. Fails while nothing asks for the feature. */
  toShowVersion(received: unknown, feature: FeatureKey, version: Version): Matched {
    const shown = clientOf(received, 'toShowVersion').onScreen(feature);
    return {
      pass: shown.length > 0 && shown.every((one) => one === version),
      message: () =>
        shown.length === 0
          ? `${feature}: nothing on the page asks for it`
          : `${feature} shows ${shown.join(', ')}; expected: ${version}`,
    };
  },
  /** v1 took the place of a v2 that failed, in a gate that is mounted or was. */
  toHaveFallenBack(received: unknown, feature: FeatureKey): Matched {
    const client = clientOf(received, 'toHaveFallenBack');
    const [failure] = client.failures(feature);
    const hasFailed = client.failures(feature).length > 0;
    const shown = client.onScreen(feature).join(', ');
    return {
      pass: hasFailed,
      message: () =>
        hasFailed
          ? `${feature} fell back to v1: ${failure instanceof Error ? failure.message : showValue(failure)}`
          : `${feature} has not fallen back; it shows ${shown === '' ? 'nothing' : shown}`,
    };
  },
} as const;

function clientOf(received: unknown, matcher: string): TestClient {
  const isClient = typeof received === 'object' && received !== null && 'onScreen' in received;
  if (!isClient) throw new TypeError(`${matcher} takes what createTestClient returned, found ${showValue(received)}`);
  return received as TestClient;
}

/** The matchers as `expect` has them. */
export interface SwitchbackMatchers<R = unknown> {
  /** Every mounted gate and hook of the feature shows this version now. Fails while nothing asks for the feature. */
  toShowVersion(feature: FeatureKey, version: Version): R;
  /** v1 took the place of a v2 that failed, in a gate that is mounted or was. */
  toHaveFallenBack(feature: FeatureKey): R;
}
