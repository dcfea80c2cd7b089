import { expectTypeOf, test } from 'vitest';
import type { FeatureKey } from '../../../src/features.js';
import { createTestClient, TestSwitchback } from '../../../src/testing/index.js';

test('the testing kit takes registered features alone', () => {
  expectTypeOf<Parameters<ReturnType<typeof createTestClient>['rollBack']>>().toEqualTypeOf<[FeatureKey]>();
  // @ts-expect-error -- a feature that nobody registered
  createTestClient({ memoryPanle: 'v2' });
  // @ts-expect-error -- a feature that nobody registered
  void (<TestSwitchback features={{}} fail={['memoryPanle']} />);
  // @ts-expect-error -- no version
  void (<TestSwitchback features={{ memoryPanel: 'v3' }} />);
  void (
    <TestSwitchback features={{ memoryPanel: 'v2' }} fail={{ memoryPanel: 'load' }} delayMs={{ memoryPanel: 5 }} />
  );
});
