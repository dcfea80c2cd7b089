import { FlagProvider, useFlag, UnleashClient, InMemoryStorageProvider } from '@unleash/proxy-client-react';
import { createElement } from 'react';
export const meta = {
  name: 'Unleash proxy-client-react',
  packages: ['@unleash/proxy-client-react', 'unleash-proxy-client'],
  size: `export { FlagProvider, useFlag } from '@unleash/proxy-client-react';`,
  notes:
    'Bootstrapped client, metrics off; a change is updateToggles() against a stubbed fetch. Evaluates on the server, so no local bucketing.',
};
const toggles = (flags) =>
  Object.entries(flags).map(([name, enabled]) => ({
    name,
    enabled,
    variant: { name: 'disabled', enabled: false },
    impressionData: false,
  }));
export async function create({ flags, net, server }) {
  let current = flags;
  net.handler = () => ({ toggles: toggles(current) });
  const config = {
    url: 'http://localhost/api/frontend',
    clientKey: 'k',
    appName: 'bench',
    bootstrap: toggles(flags),
    disableRefresh: true,
    disableMetrics: true,
    storageProvider: new InMemoryStorageProvider(),
    fetch: (...a) => globalThis.fetch(...a),
  };
  const client = new UnleashClient(config);
  return {
    refetchUsesNet: true,
    Provider: ({ children }) =>
      createElement(FlagProvider, { config, unleashClient: client, startClient: !server }, children),
    useBool: (key) => useFlag(key),
    evaluate: (key) => client.isEnabled(key),
    setOne: (_k, _v, all) => {
      current = { ...all };
      return client.updateToggles();
    },
    refetchSame: (all) => {
      current = { ...all };
      return client.updateToggles();
    },
    dispose: () => client.stop(),
  };
}
