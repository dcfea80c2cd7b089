import { createFlagsmithInstance } from 'flagsmith';
import { FlagsmithProvider, useFlags } from 'flagsmith/react';
import { createElement } from 'react';
export const meta = {
  name: 'Flagsmith',
  packages: ['flagsmith'],
  size: `import flagsmith from 'flagsmith'; export { flagsmith }; export { FlagsmithProvider, useFlags } from 'flagsmith/react';`,
  notes:
    'init with state and preventFetch; a change is getFlags() against a stubbed fetch. Evaluates on the server, so no local bucketing. On the server useFlags subscribes to a module-level emitter while it renders, so each render is slower than the one before.',
};
const wire = (flags) =>
  Object.entries(flags).map(([name, enabled], i) => ({
    id: i + 1,
    enabled,
    feature_state_value: null,
    feature: { id: i + 1, name, type: 'STANDARD' },
  }));
const stateOf = (flags) =>
  Object.fromEntries(Object.entries(flags).map(([k, enabled], i) => [k, { id: i + 1, enabled, value: null }]));
export async function create({ flags, net, id }) {
  let current = flags;
  net.handler = (url) => (/flags\/|identities/.test(url) ? wire(current) : {});
  const fs = createFlagsmithInstance();
  const options = {
    environmentID: 'bench' + id,
    api: 'http://localhost/api/v1/',
    preventFetch: true,
    cacheFlags: false,
    enableAnalytics: false,
    fetch: (...a) => globalThis.fetch(...a),
    state: {
      api: 'http://localhost/api/v1/',
      environmentID: 'bench' + id,
      flags: stateOf(flags),
      evaluationContext: { environment: { apiKey: 'bench' + id } },
    },
  };
  let core;
  const boot = () => (core ??= (fs.setState(options.state), fs));
  const refresh = (all) => {
    current = { ...all };
    return fs.getFlags();
  };
  return {
    refetchUsesNet: true,
    Provider: ({ children }) =>
      createElement(FlagsmithProvider, { flagsmith: fs, options, serverState: options.state }, children),
    useBool: (key) => useFlags([key])[key].enabled,
    evaluate: (key) => boot().hasFeature(key),
    setOne: (_k, _v, all) => refresh(all),
    refetchSame: (all) => refresh(all),
  };
}
