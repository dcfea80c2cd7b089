import { LDProvider, asyncWithLDProvider, useFlags, initialize } from 'launchdarkly-react-client-sdk';
import { createElement } from 'react';
export const meta = {
  name: 'LaunchDarkly launchdarkly-react-client-sdk',
  packages: ['launchdarkly-react-client-sdk', 'launchdarkly-js-client-sdk'],
  size: `export { LDProvider, useFlags } from 'launchdarkly-react-client-sdk';`,
  notes:
    'options.bootstrap, streaming through a stub EventSource (patch for a change, put for an unchanged refetch), events off, camel-casing off. LDProvider; BENCH_AWAIT_READY=1 measures asyncWithLDProvider instead (0 extra re-renders, but nothing mounts until it resolves).',
};
const bootstrap = (flags) => ({
  ...flags,
  $flagsState: Object.fromEntries(Object.keys(flags).map((k) => [k, { version: 1, variation: 0 }])),
  $valid: true,
});
let version = 1;
export async function create({ flags, net, id }) {
  const clientSideID = 'bench' + id,
    context = { kind: 'user', key: 'session-0001' };
  const options = {
    bootstrap: bootstrap(flags),
    streaming: true,
    sendEvents: false,
    fetchGoals: false,
    diagnosticOptOut: true,
  };
  let core;
  const Ready =
    process.env.BENCH_AWAIT_READY && typeof document !== 'undefined'
      ? await asyncWithLDProvider({ clientSideID, context, options, reactOptions: { useCamelCaseFlagKeys: false } })
      : null;
  return {
    Provider: ({ children }) =>
      Ready
        ? createElement(Ready, null, children)
        : createElement(
            LDProvider,
            { clientSideID, context, options, reactOptions: { useCamelCaseFlagKeys: false } },
            children,
          ),
    useBool: (key) => useFlags()[key],
    evaluate(key) {
      core ??= initialize(clientSideID, context, { ...options, streaming: false });
      return core.variation(key, false);
    },
    setOne: (key, value) => net.push('patch', { key, value, version: ++version, variation: 0 }),
    refetchSame: (all) => {
      version++;
      net.push(
        'put',
        Object.fromEntries(Object.entries(all).map(([k, value]) => [k, { value, version, variation: 0 }])),
      );
    },
    dispose: async () => {
      for (const s of Array.from(net.streams)) s.close();
      await core?.close();
    },
  };
}
