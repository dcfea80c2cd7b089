import { expectTypeOf, test } from 'vitest';
import {
  createHealthMonitor,
  FeatureGate,
  useFeature,
  useFeatureConfig,
  useSwitchback,
  useSwitchbackHealth,
  versioned,
  type FeatureConfig,
} from '../../../src/index.js';

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

test('only registered features can be watched', () => {
  const client = useSwitchback();
  createHealthMonitor(client, { features: { memoryPanel: { maxLatencyMs: 100 } } });
  // @ts-expect-error -- a typing mistake
  createHealthMonitor(client, { features: { memoryPanle: { maxLatencyMs: 100 } } });
  useSwitchbackHealth('memoryPanel');
  // @ts-expect-error -- a typing mistake
  useSwitchbackHealth('memoryPanle');
});
