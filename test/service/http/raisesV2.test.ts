import { expect, test } from 'vitest';
import { raisesV2 } from '../../../src/service/http/raisesV2.js';
import type { FeaturePatch } from '../../../src/service/store.js';
import { createMemoryStore } from '../../harness/memoryStore.js';

const ann = { tag: 'a'.repeat(16) };
const bob = { tag: 'b'.repeat(16) };
const state = await createMemoryStore({
  on: {
    enabled: true,
    percentage: 10,
    allow: [ann],
    deny: [ann],
    regions: ['eu'],
    requires: ['other'],
    from: '2027-01-01T00:00:00Z',
    until: '2027-02-01T00:00:00Z',
  },
  off: { enabled: false, percentage: 10 },
}).readState();
const on = state.features.get('on')!;
const off = state.features.get('off')!;

const more: FeaturePatch[] = [
  { percentage: 10.01 },
  { allow: [ann, bob] },
  { deny: [] },
  { regions: null },
  { regions: ['eu', 'us'] },
  { requires: [] },
  { from: null },
  { from: '2026-12-31T00:00:00Z' },
  { until: null },
  { until: '2027-02-01T00:00:01Z' },
];
test.each(more)('%j brings more v2', (patch) => {
  expect(raisesV2(on, patch, false)).toBe(true);
});

const less: FeaturePatch[] = [
  { enabled: true },
  { enabled: false },
  { percentage: 10 },
  { percentage: 0 },
  { allow: [] },
  { deny: [ann, bob] },
  { regions: [] },
  { requires: ['other', 'third'] },
  { from: '2027-01-02T00:00:00Z' },
  { until: '2027-01-31T00:00:00Z' },
  { config: { a: 1 }, description: 'x', owner: 'y', logOnly: true },
];
test.each(less)('%j brings no more v2', (patch) => {
  expect(raisesV2(on, patch, false)).toBe(false);
});

test('turning on brings more v2, also what is rolled back while its flag says on', () => {
  expect(raisesV2(off, { enabled: true }, false)).toBe(true);
  expect(raisesV2(on, { enabled: true }, true)).toBe(true);
});
