/** What Storybook's server adds for the addon; it finds the manager's part by itself. */

/** Something in a preset's list of annotations: a path, or a name that the bundler resolves. */
export type Annotation = string | { readonly bare: string; readonly absolute: string };

// By name, not by path: then the story's own `react-switchback` and the addon's are one module, and share one context.
const annotations: Annotation = { bare: 'react-switchback/storybook/annotations', absolute: '' };

export const previewAnnotations = (entries: readonly Annotation[] = []): readonly Annotation[] => [
  ...entries,
  annotations,
];

/** Bundled together at the start, so that none of them is met twice. */
export const optimizeViteDeps = (names: readonly string[] = []): readonly string[] => [
  ...names,
  'react-switchback',
  'react-switchback/client',
  'react-switchback/storybook',
  'react-switchback/storybook/annotations',
];
