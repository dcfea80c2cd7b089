import { expectTypeOf, test } from 'vitest';
import type { JsonObject } from '../../src/evaluate/snapshot.js';
import type { FeatureConfig, FeatureKey } from '../../src/features.js';

// What a registration changes is shown in `registered/`, which is compiled on its own: a registration is program-wide.
test('any key and any config will do while nothing is registered', () => {
  expectTypeOf<FeatureKey>().toEqualTypeOf<string>();
  expectTypeOf<FeatureConfig<'memoryPanel'>>().toEqualTypeOf<JsonObject>();
});
