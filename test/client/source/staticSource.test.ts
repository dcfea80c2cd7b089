import { expect, test } from 'vitest';
import { staticSource } from '../../../src/client/source/staticSource.js';
import { recordingListener, snapshotOf } from './recordingListener.js';
import { describeSource } from './sourceContract.js';

describeSource('static', () => ({
  source: staticSource(snapshotOf(1)),
  settle: () => Promise.resolve(),
  held: () => 0,
}));

test('has delivered when start returns', () => {
  const { heard, listener, request } = recordingListener();
  staticSource(snapshotOf(3)).start(listener, request);
  expect(heard.snapshots).toEqual([snapshotOf(3)]);
  expect(heard.statuses).toEqual(['static']);
});

test.each([[null], [undefined], ['{}'], [7], [[]]])('refuses %j', (value) => {
  expect(() => staticSource(value)).toThrow(/takes a snapshot object, found/);
});
