import { expect, test, vi } from 'vitest';
import { FeatureGate, SwitchbackProvider, useFeatureConfig } from '../../src/index.js';
import { createTestClient, TestSwitchback } from '../../src/testing/index.js';
import { mount, painted } from '../harness/mount.js';

const Size = () => <i>{String(useFeatureConfig('panel')['size'])}</i>;
const gate = (
  <FeatureGate feature="panel" fallback={<p>v1</p>}>
    <p>v2</p>
  </FeatureGate>
);

test.each(['v1', 'v2'] as const)('shows %s from the first frame, with the settings given', async (version) => {
  const page = mount(
    <TestSwitchback features={{ panel: version }} config={{ panel: { size: 7 } }}>
      {gate}
      <Size />
    </TestSwitchback>,
  );
  await painted();
  expect(page.frames).toEqual([`${version}7`]);
});

test('records what was counted, and can roll back', async () => {
  const client = createTestClient({ panel: 'v2' }, { options: { settleMs: 10 } });
  const page = mount(<SwitchbackProvider client={client}>{gate}</SwitchbackProvider>);
  await painted();
  await client.advance(10);
  expect(client.observations.map(({ kind }) => kind)).toEqual(['attempt', 'exposure', 'timing', 'settled']);
  client.rollBack('panel');
  await vi.waitFor(() => expect(page.text()).toBe('v1'));
  expect(client.getDecision('panel').reason).toBe('ROLLED_BACK');
  client.show('panel', 'v2');
  expect(client.isEnabled('panel')).toBe(true);
});
