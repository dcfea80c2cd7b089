import { expect, test } from 'vitest';
import { envSource, variableName } from '../../../src/client/source/envSource.js';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import { defineFeatures } from '../../../src/features.js';
import { recordingListener } from './recordingListener.js';
import { describeSource } from './sourceContract.js';

const features = defineFeatures({ memoryPanel: {}, constructor: {} });

describeSource('env', () => ({
  source: envSource({ VITE_MEMORY_PANEL_ENABLED: 'true' }, features),
  settle: () => Promise.resolve(),
  held: () => 0,
}));

const ruleFrom = (env: Record<string, unknown>) => {
  const { heard, listener, request } = recordingListener();
  envSource(env, features).start(listener, request);
  const parsed = parseSnapshot(heard.snapshots[0]);
  if (parsed.status !== 'valid') throw new Error(parsed.status);
  expect(parsed.problems).toEqual([]);
  return { rule: parsed.snapshot.features.get('memoryPanel'), snapshot: parsed.snapshot };
};

test.each([
  [{}, false, 0],
  [{ MEMORY_PANEL_ENABLED: '' }, false, 0],
  [{ MEMORY_PANEL_ENABLED: 'true' }, true, 100],
  [{ MEMORY_PANEL_ENABLED: '1' }, true, 100],
  [{ MEMORY_PANEL_ENABLED: true }, true, 100],
  [{ MEMORY_PANEL_ENABLED: 'false', MEMORY_PANEL_ROLLOUT_PERCENTAGE: '50' }, false, 0],
  [{ MEMORY_PANEL_ENABLED: '0' }, false, 0],
  [{ MEMORY_PANEL_ROLLOUT_PERCENTAGE: '12.5' }, true, 12.5],
  [{ MEMORY_PANEL_ENABLED: 'true', MEMORY_PANEL_ROLLOUT_PERCENTAGE: '0' }, true, 0],
  [{ NEXT_PUBLIC_MEMORY_PANEL_ROLLOUT_PERCENTAGE: '30' }, true, 30],
  [{ REACT_APP_MEMORY_PANEL_ENABLED: 'true' }, true, 100],
  [{ VITE_MEMORY_PANEL_ENABLED: 'false', MEMORY_PANEL_ENABLED: 'true' }, false, 0],
])('reads %j', (env, enabled, percentage) => {
  expect(ruleFrom(env).rule).toMatchObject({ enabled, percentage });
});

test.each([
  [{ MEMORY_PANEL_ENABLED: 'yes' }, 'MEMORY_PANEL_ENABLED must be true, false, 1 or 0, found "yes"'],
  [
    { VITE_MEMORY_PANEL_ROLLOUT_PERCENTAGE: '101' },
    'VITE_MEMORY_PANEL_ROLLOUT_PERCENTAGE must be 0 to 100, found "101"',
  ],
  [{ MEMORY_PANEL_ROLLOUT_PERCENTAGE: '-1' }, 'found "-1"'],
  [{ MEMORY_PANEL_ROLLOUT_PERCENTAGE: 'NaN' }, 'found "NaN"'],
  [{ MEMORY_PANEL_ROLLOUT_PERCENTAGE: '10%' }, 'found "10%"'],
])('refuses %j', (env, message) => {
  expect(() => envSource(env, features)).toThrow(message);
});

test('disables what is not set', () => {
  const { snapshot } = ruleFrom({});
  expect(evaluate(snapshot, 'memoryPanel', {}, { nowMs: 0 })).toMatchObject({ version: 'v1', reason: 'DISABLED' });
  expect(snapshot.kills.has('constructor')).toBe(true);
});

test.each([
  ['memoryPanel', 'MEMORY_PANEL'],
  ['memory_system', 'MEMORY_SYSTEM'],
  ['sessions.list-new', 'SESSIONS_LIST_NEW'],
  ['HTTPCache', 'HTTP_CACHE'],
  ['panel2Beta', 'PANEL2_BETA'],
])('calls %s %s', (feature, name) => {
  expect(variableName(feature)).toBe(name);
});
