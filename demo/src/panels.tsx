import type { ReactNode } from 'react';
import { FeatureGate, lazyVersion, versioned, VersionSwitcher } from 'react-switchback';
import { ActivityLine } from './activity/ActivityLine.js';
import { breakable } from './faults/faultStore.js';
import { MemoryPanel as MemoryPanelV1 } from './memory/MemoryPanel.js';
import { SessionsList as SessionsListV1 } from './sessions/SessionsList.js';

// The three ways to put two versions side by side, one for each feature.

/** One component of two versions: call sites do not change. */
export const MemoryPanel = versioned('memoryPanel', {
  v1: MemoryPanelV1,
  v2: breakable('memoryPanel', () => import('./memory/MemoryPanelV2.js')),
  loading: <Skeleton lines={5} />,
});

const SessionsListV2 = lazyVersion(breakable('sessionsList', () => import('./sessions/SessionsListV2.js')));

/** Two versions with a toggle for those who may choose. */
export const SessionsList = ({ hasToggle = true }: { readonly hasToggle?: boolean }): ReactNode => (
  <VersionSwitcher
    feature="sessionsList"
    v1={<SessionsListV1 />}
    v2={<SessionsListV2 />}
    loading={<Skeleton lines={5} />}
    toggle={hasToggle ? 'allowed' : 'never'}
    labels={{ group: 'Choose your sessions list', v1: 'Classic', v2: 'New' }}
  />
);

const ActivityChart = lazyVersion(breakable('activityTracking', () => import('./activity/ActivityChart.js')));

/** A gate around v2, with v1 as its fallback. */
export const ActivityBar = (): ReactNode => (
  <FeatureGate feature="activityTracking" fallback={<ActivityLine />} loading={<Skeleton lines={1} />}>
    <ActivityChart />
  </FeatureGate>
);

function Skeleton({ lines }: { readonly lines: number }): ReactNode {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} />
      ))}
    </div>
  );
}
