import { SplitFactory, SplitFactoryProvider, useTreatment } from '@splitsoftware/splitio-react';
import { createElement } from 'react';
export const meta = {
  name: 'Split splitio-react',
  packages: ['@splitsoftware/splitio-react', '@splitsoftware/splitio'],
  size: `export { SplitFactoryProvider, useTreatment } from '@splitsoftware/splitio-react';`,
  notes:
    'Localhost mode with a features map, ready before mount; a change is a new features map that a 10 ms poll picks up, so up to 10 ms of the change time is the poll. There is no boolean bootstrap, so the factory is awaited before mount. Localhost mode gives every flag a 100 % allocation, and each evaluation still hashes the key (murmur3).',
};
const feats = (flags) => Object.fromEntries(Object.entries(flags).map(([k, v]) => [k, v ? 'on' : 'off']));
export async function create({ flags, id, purpose }) {
  const factory = SplitFactory({
    core: { authorizationKey: 'localhost', key: 'session-' + id },
    features: feats(flags),
    scheduler: { offlineRefreshRate: purpose === 'eval' ? 3600 : 0.01 },
    streamingEnabled: false,
    sync: { impressionsMode: 'NONE' },
    debug: false,
  });
  const client = factory.client();
  await client.ready?.().catch(() => {});
  const update = (all) => {
    factory.settings.features = feats(all);
  };
  return {
    settleMs: 30,
    Provider: ({ children }) => createElement(SplitFactoryProvider, { factory }, children),
    useBool: (key) => useTreatment({ name: key }).treatment === 'on',
    evaluate: (key) => client.getTreatment(key) === 'on',
    setOne: (_k, _v, all) => update(all),
    refetchSame: (all) => update(all),
    dispose: () => factory.destroy?.() ?? client.destroy(),
  };
}
