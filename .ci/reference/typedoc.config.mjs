// One page for each subpath that the package exports. Settings that every run has; `main.mjs` adds where the pages go.
import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

// What Storybook alone loads, and style sheets, is nothing to import from.
const entryPoints = Object.values(exports)
  .map(({ types }) => types)
  .filter((types) => types?.endsWith('/index.d.ts'))
  .map((types) => types.replace('./dist/', '../../src/').replace('.d.ts', '.ts'));

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  plugin: ['typedoc-plugin-markdown', './model.mjs', './pages.mjs'],
  name: 'react-switchback',
  entryPoints,
  theme: 'switchback',
  router: 'module',
  readme: 'none',
  alwaysCreateEntryPointModule: true,
  cleanOutputDir: true,
  gitRevision: 'none',
  disableSources: true,
  // `npm run types` has checked them.
  skipErrorChecking: true,
  excludeInternal: true,
  excludeExternals: true,
  sort: ['required-first', 'alphabetical'],
  groupOrder: [
    'Components',
    'Hooks',
    'Functions',
    'Classes',
    'Variables',
    'Types',
    'Constructors',
    'Properties',
    'Methods',
    '*',
  ],
  blockTags: ['@param', '@returns', '@throws', '@example', '@source', '@see', '@module'],
  modifierTags: ['@internal'],
  useCodeBlocks: true,
  expandParameters: true,
  expandObjects: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  typeDeclarationVisibility: 'compact',
  tableColumnSettings: {
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideSources: true,
    leftAlignHeaders: true,
  },
};
