import type { ReactNode } from 'react';
import { activityStore } from '../data/activity.js';
import { useValue } from '../data/valueStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';

/** Version 1: one line. */
export function ActivityLine(): ReactNode {
  useOnScreen('activityTracking', 'v1');
  const activities = useValue(activityStore);
  return (
    <p className="activity-line" data-testid="activity-v1">
      <VersionBadge version="v1" />
      <span>
        {activities.length} things done, the last one: {activities.at(-1)?.what ?? 'none'}.
      </span>
    </p>
  );
}
