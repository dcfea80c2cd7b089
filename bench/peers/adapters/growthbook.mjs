import { GrowthBook, GrowthBookProvider, useFeatureIsOn } from '@growthbook/growthbook-react';
import { createElement } from 'react';
export const meta = {
  name: 'GrowthBook',
  packages: ['@growthbook/growthbook-react', '@growthbook/growthbook'],
  size: `export { GrowthBook, GrowthBookProvider, useFeatureIsOn, IfFeatureEnabled } from '@growthbook/growthbook-react';`,
  notes:
    'initSync with a payload; a change is setPayload(). Bucketing: one 50 % rollout rule per feature (FNV-1a), evaluated at each call.',
};
const payload = (flags) => ({
  features: Object.fromEntries(Object.entries(flags).map(([k, v]) => [k, { defaultValue: v }])),
});
export async function create({ flags }) {
  const gb = new GrowthBook({ attributes: { id: 'session-0001' } }).initSync({ payload: payload(flags) });
  let rollout;
  return {
    Provider: ({ children }) => createElement(GrowthBookProvider, { growthbook: gb }, children),
    useBool: (key) => useFeatureIsOn(key),
    evaluate: (key) => gb.isOn(key),
    evaluateBucketed(i) {
      rollout ??= new GrowthBook({ attributes: { id: 'session-0001' } }).initSync({
        payload: {
          features: Object.fromEntries(
            Array.from({ length: 1000 }, (_, n) => [
              'rollout-' + n,
              { defaultValue: false, rules: [{ force: true, coverage: 0.5, hashAttribute: 'id' }] },
            ]),
          ),
        },
      });
      return rollout.isOn('rollout-' + i);
    },
    setOne: (_k, _v, all) => gb.setPayload(payload(all)),
    refetchSame: (all) => gb.setPayload(payload(all)),
    dispose: () => {
      gb.destroy();
      rollout?.destroy();
    },
  };
}
