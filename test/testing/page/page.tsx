// A page whose service is a worker of MSW: what `test/testing/inBrowser.test.ts` opens.
import { setupWorker } from 'msw/browser';
import { createRoot } from 'react-dom/client';
import { FeatureGate, SwitchbackProvider, useSwitchbackStatus } from 'react-switchback';
import { createMockService } from 'react-switchback/testing/msw';

const service = createMockService({ panel: 'v2', other: 'v1' });
await setupWorker(...service.handlers).start({ quiet: true });
Object.assign(globalThis, { service });

const Status = () => <i id="status">{useSwitchbackStatus().status}</i>;

createRoot(document.getElementById('root')!).render(
  <SwitchbackProvider
    features={{ panel: {}, other: { upgrade: 'live' } }}
    url="/api"
    context={{ targetingKey: 'ada' }}
    waitMs={20_000}
    overrides={{ allow: 'all' }}
  >
    {(['panel', 'other'] as const).map((feature) => (
      <p key={feature} id={feature}>
        <FeatureGate feature={feature} fallback="v1">
          v2
        </FeatureGate>
      </p>
    ))}
    <Status />
  </SwitchbackProvider>,
);
