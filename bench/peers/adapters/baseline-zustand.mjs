import { create as createStore } from 'zustand';
export const meta = {
  name: 'zustand selectors',
  kind: 'baseline',
  packages: ['zustand'],
  size: `export { create } from 'zustand';`,
};
export async function create({ flags }) {
  const useStore = createStore(() => ({ flags }));
  return {
    useBool: (key) => useStore((s) => s.flags[key]),
    evaluate: (key) => useStore.getState().flags[key],
    setOne: (key, value) => useStore.setState((s) => ({ flags: { ...s.flags, [key]: value } })),
    refetchSame: (all) => useStore.setState({ flags: { ...all } }),
  };
}
