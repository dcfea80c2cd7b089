import type { ReactNode } from 'react';
import { useFeatureConfig } from 'react-switchback';
import { activityStore, countPerMinute } from '../data/activity.js';
import { useNow } from '../data/useNow.js';
import { useValue } from '../data/valueStore.js';
import { useFault } from '../faults/faultStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';

const height = 44;
const maxBars = 60;

/** Version 2: a bar for each of the last minutes; how many of them is published config. */
export default function ActivityChart(): ReactNode {
  useOnScreen('activityTracking', 'v2');
  useFault('activityTracking');
  const activities = useValue(activityStore);
  const config = useFeatureConfig('activityTracking');
  const bars = Math.min(maxBars, Math.max(1, Math.floor(config.bars)));
  const counts = countPerMinute(activities, bars, useNow());
  const top = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);

  return (
    <div className="activity-chart" data-testid="activity-v2">
      <div className="activity-head">
        <VersionBadge version="v2" />
        <span>
          {total} in the last {bars} minutes
        </span>
      </div>
      <svg
        viewBox={`0 0 ${bars * 10} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Activity per minute: ${total} in the last ${bars} minutes, at most ${top} in one`}
      >
        {counts.map((count, at) => {
          const barHeight = Math.max(2, (count / top) * height);
          return <rect key={at} x={at * 10 + 1} width={8} y={height - barHeight} height={barHeight} rx={2} />;
        })}
      </svg>
    </div>
  );
}
