import { expectTypeOf, test } from 'vitest';
import {
  defineFeatures,
  fetchSnapshot,
  getDecision,
  getDecisions,
  preload,
  serializeSnapshot,
  type Decision,
  type JsonObject,
} from '../../src/rsc/index.js';

const features = defineFeatures({ panel: {}, list: {} });
const Panel = { preload: async () => {} };

test('a decision is asked for a key of the features that are given', () => {
  expectTypeOf(getDecision(features, null, null, 'panel')).toEqualTypeOf<Decision>();
  // @ts-expect-error -- no such feature
  getDecision(features, null, null, 'pannel');
  expectTypeOf(getDecisions(features, null, null)).toEqualTypeOf<Readonly<Record<'panel' | 'list', Decision>>>();
});

test('components are preloaded by a key that was decided', () => {
  const decisions = getDecisions(features, null, null);
  expectTypeOf(preload(decisions, { panel: Panel, list: [Panel, Panel] })).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error -- no such feature
  void preload(decisions, { pannel: Panel });
  // @ts-expect-error -- nothing to preload
  void preload(decisions, { panel: () => null });
});

test('a snapshot is plain JSON or none', () => {
  expectTypeOf(fetchSnapshot(process.env.SWITCHBACK_URL)).toEqualTypeOf<Promise<JsonObject | null>>();
  expectTypeOf(serializeSnapshot(null)).toEqualTypeOf<string>();
});
