'use client';

import * as React from 'react';
import type { ComponentType, ReactNode } from 'react';

type ActivityComponent = ComponentType<{ readonly mode: 'visible' | 'hidden'; readonly children: ReactNode }>;

/** React's `Activity`, of 19.2 and newer; undefined in older ones. */
// Not by name: webpack refuses one that React 18 does not export.
export const Activity = (React as unknown as Readonly<Record<string, ActivityComponent | undefined>>)[
  'Activity'.toString()
];
