import { fileURLToPath } from 'node:url';
import type { StorybookConfig } from '@storybook/react-vite';

// The addon from its source, as the stories have the library: built and source would be two, each with a context of its own.
const addon = (name: string): string => fileURLToPath(new URL(`../src/storybook/${name}`, import.meta.url));

const config: StorybookConfig = {
  framework: { name: '@storybook/react-vite', options: { strictMode: true } },
  stories: ['../stories/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  managerEntries: (entries: string[] = []) => [...entries, addon('manager.tsx')],
  previewAnnotations: (entries = []) => [...entries, addon('annotations.ts')],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: { reactDocgen: 'react-docgen' },
  viteFinal: ({ build, ...vite }) => {
    // What follows is the build of an app: the package's own entries and externals have no place in it.
    const { lib: _lib, rolldownOptions: _rolldownOptions, ...rest } = build ?? {};
    return { ...vite, build: { ...rest, chunkSizeWarningLimit: 2_000 } };
  },
};

export default config;
