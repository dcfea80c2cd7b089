import { editsGlobal, modeGlobal } from './report.js';
import { withSwitchback } from './withSwitchback.js';

/** What the preview of a Storybook gets. */
export const decorators = [withSwitchback];

export const initialGlobals = { [modeGlobal]: 'decided', [editsGlobal]: '' };

export const globalTypes = {
  [modeGlobal]: {
    name: 'Version',
    description: 'Version of the features in this story',
    toolbar: {
      title: 'Version',
      icon: 'switchalt',
      dynamicTitle: true,
      items: [
        { value: 'decided', title: 'As decided', icon: 'switchalt' },
        { value: 'v1', title: 'v1 for all', icon: 'arrowleft' },
        { value: 'v2', title: 'v2 for all', icon: 'arrowright' },
        { value: 'both', title: 'Side by side', icon: 'sidebyside' },
      ],
    },
  },
};
