import { defineFeatures } from 'react-switchback';

/** What this app says of its features; who gets v2 is published by the service. */
export const features = defineFeatures({
  memoryPanel: {
    owner: 'workspace',
    description: 'Memory panel as cards, with kinds and pins',
    removeBy: '2027-03-01',
    config: { snippetLength: 140 },
  },
  sessionsList: {
    owner: 'workspace',
    description: 'Sessions with titles made from what happened in them',
    removeBy: '2027-03-01',
  },
  activityTracking: {
    owner: 'workspace',
    description: 'Activity as a chart; needs the new sessions list',
    removeBy: '2027-06-01',
    config: { bars: 24 },
  },
});

declare module 'react-switchback' {
  interface Register {
    readonly demo: typeof features;
  }
}

export type DemoFeature = keyof typeof features;

export const featureKeys = [
  'memoryPanel',
  'sessionsList',
  'activityTracking',
] as const satisfies readonly DemoFeature[];

export const featureNames: Readonly<Record<DemoFeature, string>> = {
  memoryPanel: 'Memory panel',
  sessionsList: 'Sessions list',
  activityTracking: 'Activity',
};

export const isDemoFeature = (key: string): key is DemoFeature => Object.hasOwn(features, key);
