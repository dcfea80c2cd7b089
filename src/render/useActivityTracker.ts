'use client';

import { useEffect, useState } from 'react';
import type { ActivityTrackerOptions } from '../client/activity/activityOptions.js';
import { openActivityTracker, type ActivityTracker } from '../client/activity/createActivityTracker.js';
import { useSwitchback } from './context.js';

/**
 * A tracker of the nearest provider's client that listens as long as this component is mounted. Of the options only `consent`
 * may change; the others are those of the first render.
 * @returns the same tracker in every render; its events: `useSyncExternalStore(tracker.subscribe, tracker.events, …)`
 * @throws SwitchbackError `invalid-option`, naming the option and showing its value
 * @source docs/observe.md, "Activity"
 */
export function useActivityTracker(options: Omit<ActivityTrackerOptions, 'client'>): ActivityTracker {
  const client = useSwitchback();
  const [tracker] = useState(() => openActivityTracker({ ...options, client }));
  const { consent = true } = options;
  // Before it is enabled: what is not agreed to never starts.
  useEffect(() => tracker.setConsent(consent), [tracker, consent]);
  useEffect(() => {
    tracker.enable();
    return tracker.disable;
  }, [tracker]);
  return tracker;
}
