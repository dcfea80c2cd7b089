import { expectTypeOf, test } from 'vitest';
import { FeatureGate, useFeature, useFeatureConfig, versioned, type FeatureConfig } from '../../../src/index.js';

test('only registered keys compile', () => {
  const V1 = () => null;
  const v2 = async () => ({ default: V1 });
  versioned('memoryPanel', { v1: V1, v2 });
  // @ts-expect-error -- a typing mistake
  versioned('memoryPanle', { v1: V1, v2 });
  // @ts-expect-error -- a typing mistake
  <FeatureGate feature="memoryPanle" fallback={null}>
    v2
  </FeatureGate>;
  expectTypeOf(useFeature).parameter(0).not.toEqualTypeOf<string>();
  expectTypeOf(useFeatureConfig<'memoryPanel'>).returns.toEqualTypeOf<FeatureConfig<'memoryPanel'>>();
});
