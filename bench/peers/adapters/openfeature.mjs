import { OpenFeature, InMemoryProvider, OpenFeatureProvider, useBooleanFlagValue } from '@openfeature/react-sdk';
import { createElement } from 'react';
export const meta = {
  name: 'OpenFeature react-sdk',
  packages: ['@openfeature/react-sdk', '@openfeature/web-sdk', '@openfeature/core'],
  size: `export { OpenFeature, InMemoryProvider, OpenFeatureProvider, useBooleanFlagValue, FeatureFlag } from '@openfeature/react-sdk';`,
  notes: 'InMemoryProvider; a change is putConfiguration() with all 100 flags.',
};
const config = (flags) =>
  Object.fromEntries(
    Object.entries(flags).map(([k, v]) => [
      k,
      { variants: { on: true, off: false }, defaultVariant: v ? 'on' : 'off', disabled: false },
    ]),
  );
export async function create({ flags, id }) {
  const provider = new InMemoryProvider(config(flags));
  const domain = 'bench-' + id;
  OpenFeature.setProvider(domain, provider);
  const client = OpenFeature.getClient(domain);
  return {
    Provider: ({ children }) => createElement(OpenFeatureProvider, { client }, children),
    useBool: (key) => useBooleanFlagValue(key, false),
    evaluate: (key) => client.getBooleanValue(key, false),
    setOne: (_k, _v, all) => provider.putConfiguration(config(all)),
    refetchSame: (all) => provider.putConfiguration(config(all)),
  };
}
