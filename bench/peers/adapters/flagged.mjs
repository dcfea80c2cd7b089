import { FlagsProvider, useFeature } from 'flagged';
import { createElement, useState } from 'react';
export const meta = {
  name: 'flagged',
  packages: ['flagged'],
  size: `export { FlagsProvider, useFeature, Feature } from 'flagged';`,
  notes:
    'No client: flags are a prop, so there is no fetch, no core evaluation and no bucketing; a change is a new prop on the provider.',
};
export async function create({ flags }) {
  let set;
  return {
    Provider({ children }) {
      const [features, setFeatures] = useState(flags);
      set = setFeatures;
      return createElement(FlagsProvider, { features }, children);
    },
    useBool: (key) => useFeature(key),
    setOne: (_k, _v, all) => set({ ...all }),
    refetchSame: (all) => set({ ...all }),
  };
}
