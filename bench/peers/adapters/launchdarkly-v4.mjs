import {
  createClient,
  createLDReactProviderWithClient,
  LDIsomorphicClientProvider,
  useBoolVariation,
} from '@launchdarkly/react-sdk';
import { createElement } from 'react';
export const meta = {
  name: 'LaunchDarkly @launchdarkly/react-sdk',
  packages: ['@launchdarkly/react-sdk', '@launchdarkly/js-client-sdk'],
  size: `export { createLDReactProvider, useBoolVariation } from '@launchdarkly/react-sdk';`,
  notes:
    'start({ bootstrap }) (LDIsomorphicClientProvider on the server), streaming through a stub EventSource, events off. BENCH_AWAIT_READY=1 awaits start() before mount (0 extra re-renders).',
};
const bootstrap = (flags) => ({
  ...flags,
  $flagsState: Object.fromEntries(Object.keys(flags).map((k) => [k, { version: 1, variation: 0 }])),
  $valid: true,
});
let version = 1;
export async function create({ flags, net, id, server }) {
  if (server)
    return {
      Provider: ({ children }) =>
        createElement(
          LDIsomorphicClientProvider,
          { clientSideId: 'bench' + id, context: { kind: 'user', key: 'session-0001' }, bootstrap: bootstrap(flags) },
          children,
        ),
      useBool: (key) => useBoolVariation(key, false),
    };
  const all0 = Object.fromEntries(
    Object.entries(flags).map(([k, value]) => [k, { value, version: 1, variation: 0, flagVersion: 1 }]),
  );
  net.handler = (url) => (/eval|sdk|msdk/.test(url) ? all0 : undefined);
  const client = createClient(
    'bench' + id,
    { kind: 'user', key: 'session-0001' },
    { streaming: true, sendEvents: false, diagnosticOptOut: true, fetchGoals: false, useCamelCaseFlagKeys: false },
  );
  const started = client.start({ bootstrap: bootstrap(flags) });
  if (process.env.BENCH_AWAIT_READY) await started;
  return {
    ready: started,
    Provider: createLDReactProviderWithClient(client),
    useBool: (key) => useBoolVariation(key, false),
    evaluate: (key) => client.boolVariation(key, false),
    setOne: (key, value) => net.push('patch', { key, value, version: ++version, variation: 0 }),
    refetchSame: (all) => {
      version++;
      net.push(
        'put',
        Object.fromEntries(Object.entries(all).map(([k, value]) => [k, { value, version, variation: 0 }])),
      );
    },
    dispose: () => client.close(),
  };
}
