import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { createHealthMonitor, createSwitchback, SwitchbackProvider, useSwitchbackHealth } from '../../src/index.js';
import { rulesSnapshot } from '../harness/snapshot.js';

test('on a server every feature is healthy, whatever was observed there', () => {
  const client = createSwitchback({
    features: { panel: {} },
    initial: rulesSnapshot({ panel: {} }),
    storage: false,
    sinks: [],
  });
  const monitor = createHealthMonitor(client, { defaults: { maxLatencyMs: 1 } });
  function Reading(): ReactNode {
    const { level, features } = useSwitchbackHealth();
    const { reason } = useSwitchbackHealth('panel');
    return `${level} ${features.size} ${reason.because}`;
  }
  const html = renderToString(
    <SwitchbackProvider client={client}>
      <Reading />
    </SwitchbackProvider>,
  );
  expect(html).toBe('healthy 0 not-watched');
  monitor.close();
});
