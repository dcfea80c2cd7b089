import { ConfigCatProvider, useFeatureFlag, useConfigCatClient, PollingMode } from 'configcat-react';
import { getClient } from '@configcat/sdk/browser';
import { createElement, Fragment } from 'react';
export const meta = {
  name: 'ConfigCat configcat-react',
  packages: ['configcat-react', '@configcat/sdk'],
  size: `export { ConfigCatProvider, useFeatureFlag } from 'configcat-react';`,
  notes:
    'Manual polling against a stubbed XHR, cache filled before the tree mounts; a change is forceRefreshAsync(). Bucketing: one 50 % percentage rule (SHA-1), evaluated at each call. The hook reads the value in an effect, so its first render always shows the default. The provider does not support server rendering.',
};
const config = (flags, extra = {}) => ({
  p: { u: 'http://localhost', r: 0, s: 'salt' },
  f: { ...Object.fromEntries(Object.entries(flags).map(([k, v]) => [k, { t: 0, v: { b: v }, i: 'v' }])), ...extra },
});
const rollout = {
  rollout: {
    t: 0,
    v: { b: false },
    i: 'v',
    p: [
      { p: 50, v: { b: true }, i: 'a' },
      { p: 50, v: { b: false }, i: 'b' },
    ],
  },
};
export async function create({ flags, net, id }) {
  let current = flags;
  net.handler = () => config(current, rollout);
  const sdkKey = 'configcat-sdk-1/' + String(id).padStart(22, 'a') + '/' + 'b'.repeat(22);
  const client = getClient(sdkKey, PollingMode.ManualPoll, { logger: { log() {}, level: -1 } });
  await client.forceRefreshAsync();
  const users = Array.from({ length: 1000 }, (_, i) => ({ identifier: 'session-' + i, custom: {} }));
  const snap = client.snapshot();
  let grabbed;
  const Grab = ({ children }) => {
    // oxlint-disable-next-line react/globals -- the only way to the provider's own client
    grabbed = useConfigCatClient();
    return createElement(Fragment, null, children);
  };
  const provider = { sdkKey, pollingMode: PollingMode.ManualPoll };
  const refresh = (all) => {
    current = { ...all };
    return grabbed.forceRefreshAsync();
  };
  return {
    refetchUsesNet: true,
    Provider: ({ children }) => createElement(ConfigCatProvider, provider, createElement(Grab, null, children)),
    useBool: (key) => useFeatureFlag(key, false).value,
    evaluate: (key) => snap.getValue(key, false),
    evaluateBucketed: (i) => snap.getValue('rollout', false, users[i]),
    setOne: (_k, _v, all) => refresh(all),
    refetchSame: (all) => refresh(all),
    dispose: () => client.dispose(),
  };
}
