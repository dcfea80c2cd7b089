// The package under test. Skipped unless SWITCHBACK_DIST names its ESM entry:
//   SWITCHBACK_DIST=../../src/index.ts node run.mjs --only switchback,baseline
// Another adapter can stand in for this file: SWITCHBACK_ADAPTER=<path>.
import * as sb from 'switchback-under-test';
import { createElement } from 'react';

export const meta = {
  name: 'Switchback',
  kind: 'ours',
  packages: [],
  requiresEnv: 'SWITCHBACK_DIST',
  size: `export { SwitchbackProvider, useFeature, FeatureGate } from 'switchback-under-test';`,
  notes:
    'Bootstrapped with rules, so each feature is bucketed once per user; a change is applySnapshot() of the whole next revision: checked, diffed, decided. Bucketed evaluation is bucketOf() without a memo.',
};

let revision = 0;
const snapshot = (flags) => ({
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision: ++revision,
  publishedAt: '2026-01-01T00:00:00.000Z',
  emergency: null,
  kills: [],
  features: Object.fromEntries(
    Object.entries(flags).map(([key, on]) => [key, { enabled: true, percentage: on ? 100 : 0 }]),
  ),
});
const users = Array.from({ length: 1000 }, (_, i) => `session-${String(i).padStart(10, '0')}`);

export async function create({ flags }) {
  const features = sb.defineFeatures(Object.fromEntries(Object.keys(flags).map((key) => [key, { owner: 'bench' }])));
  const client = sb.createSwitchback({
    features,
    initial: snapshot(flags),
    context: { targetingKey: 'user-0001' },
    storage: false,
  });
  return {
    Provider: ({ children }) => createElement(sb.SwitchbackProvider, { client }, children),
    useBool: (key) => sb.useFeature(key),
    evaluate: (key) => client.isEnabled(key),
    evaluateBucketed: (i) => sb.bucketOf('checkout-v2', users[i]) < 5000,
    setOne: (_key, _value, all) => client.applySnapshot(snapshot(all)),
    refetchSame: (all) => client.applySnapshot(snapshot(all)),
    dispose: () => client.close(),
  };
}
