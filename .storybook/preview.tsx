import type { Preview } from '@storybook/react-vite';
import { configure } from 'storybook/test';
import { expectedOutput } from '../stories/expectsConsole.js';
import { Stage, themeOf } from '../stories/Stage.js';
import { withScene } from '../stories/Scene.js';
import { guardConsole, type ConsoleGuard } from './guardConsole.js';
import { ThemedDocs } from './ThemedDocs.js';

// What a story waits for comes at once, unless the machine has other things to do.
configure({ asyncUtilTimeout: 10_000 });

// One story is on the page at a time; a documentation page has many, and runs none of them.
let guard: ConsoleGuard | undefined;

const preview: Preview = {
  tags: ['autodocs'],
  initialGlobals: { theme: 'light' },
  globalTypes: {
    theme: {
      description: 'Colours of the stories',
      toolbar: {
        title: 'Theme',
        icon: 'circlehollow',
        dynamicTitle: true,
        items: [
          { value: 'light', title: 'Light', icon: 'sun' },
          { value: 'dark', title: 'Dark', icon: 'moon' },
        ],
      },
    },
  },
  parameters: {
    layout: 'fullscreen',
    backgrounds: { disabled: true },
    a11y: { test: 'error' },
    controls: { disableSaveFromUI: true },
    docs: { container: ThemedDocs, toc: true },
    options: {
      storySort: { order: ['FeatureGate', 'VersionSwitcher', 'FallbackBoundary', 'versioned', 'lazyVersion', 'Hooks'] },
    },
    viewport: {
      options: { narrow: { name: 'Narrow, 320 px', styles: { width: '320px', height: '900px' }, type: 'mobile' } },
    },
  },
  decorators: [
    withScene,
    (Story, { globals, viewMode }) => (
      <Stage theme={themeOf(globals)} isWholePage={viewMode !== 'docs'}>
        <Story />
      </Stage>
    ),
  ],
  beforeEach({ parameters, viewMode }) {
    if (viewMode === 'docs') return undefined;
    guard = guardConsole(expectedOutput(parameters));
    return guard.restore;
  },
  afterEach({ viewMode, canvasElement }) {
    if (viewMode === 'docs') return;
    guard?.check();
    const { scrollWidth, clientWidth } = canvasElement.ownerDocument.documentElement;
    if (scrollWidth > clientWidth)
      throw new Error(`the story is ${scrollWidth} px wide, in a window of ${clientWidth} px`);
  },
};

export default preview;
