import type { StorybookConfig } from '@storybook/react-vite';

const config: StorybookConfig = {
  framework: { name: '@storybook/react-vite', options: { strictMode: true } },
  stories: ['../stories/*.stories.tsx'],
  addons: ['@storybook/addon-docs', '@storybook/addon-a11y', '@storybook/addon-vitest'],
  core: { disableTelemetry: true, disableWhatsNewNotifications: true },
  typescript: { reactDocgen: 'react-docgen' },
  viteFinal: ({ build, ...vite }) => {
    // What follows is the build of an app: the package's own entries and externals have no place in it.
    const { lib: _lib, rolldownOptions: _rolldownOptions, ...rest } = build ?? {};
    return { ...vite, build: { ...rest, chunkSizeWarningLimit: 2_000 } };
  },
};

export default config;
