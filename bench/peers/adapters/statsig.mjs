import { StatsigClient, StatsigProvider, useGateValue } from '@statsig/react-bindings';
import { createElement } from 'react';
export const meta = {
  name: 'Statsig react-bindings',
  packages: ['@statsig/react-bindings', '@statsig/js-client', '@statsig/client-core'],
  size: `export { StatsigProvider, useGateValue } from '@statsig/react-bindings';`,
  notes:
    'Bootstrapped through dataAdapter.setData and initializeSync, exposure logging on, against a stubbed fetch (switched off, the client writes every exposure to localStorage, which is far slower); a change is setData + updateUserSync. Evaluates on the server, so no local bucketing.',
};
const user = { userID: 'session-0001' };
let time = 1;
const data = (flags) =>
  JSON.stringify({
    feature_gates: Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [
        name,
        { name, value, rule_id: 'r', id_type: 'userID', secondary_exposures: [] },
      ]),
    ),
    dynamic_configs: {},
    layer_configs: {},
    has_updates: true,
    time: ++time,
    hash_used: 'none',
    user,
  });
export async function create({ flags, id, net }) {
  net.handler = () => ({ success: true });
  const client = new StatsigClient('client-bench' + id, user, {
    disableStorage: true,
    disableStatsigEncoding: true,
    disableCompression: true,
    logLevel: 0,
    networkConfig: { api: 'http://localhost/v1' },
  });
  client.dataAdapter.setData(data(flags));
  client.initializeSync({ disableBackgroundCacheRefresh: true });
  const update = (all) => {
    client.dataAdapter.setData(data(all));
    client.updateUserSync(user, { disableBackgroundCacheRefresh: true });
  };
  return {
    Provider: ({ children }) => createElement(StatsigProvider, { client }, children),
    useBool: (key) => useGateValue(key),
    evaluate: (key) => client.checkGate(key),
    setOne: (_k, _v, all) => update(all),
    refetchSame: (all) => update(all),
    dispose: () => client.shutdown(),
  };
}
