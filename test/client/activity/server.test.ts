import { expect, test } from 'vitest';
import { createActivityTracker } from '../../../src/client/activity/createActivityTracker.js';

test('does nothing outside a browser', () => {
  const tracker = createActivityTracker({ feature: 'panel' });
  tracker.track('step', { page: 1 });
  tracker.flush();
  expect([tracker.events(), tracker.status()]).toEqual([[], { state: 'off', because: 'no-page' }]);
  tracker.disable();
});
