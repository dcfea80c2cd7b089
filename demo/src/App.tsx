import { useEffect, useMemo, type ReactNode } from 'react';
import { createSwitchback, SwitchbackProvider, type SwitchbackClient } from 'react-switchback';
import { Banner } from './control/Banner.js';
import { ControlRoom } from './control/ControlRoom.js';
import { Evidence } from './control/Evidence.js';
import { publishedStore } from './control/published.js';
import { useService } from './control/useService.js';
import { userStore, visitStore } from './control/users.js';
import { useValue } from './data/valueStore.js';
import { featureNames, features, isDemoFeature } from './features.js';
import { log } from './log/eventLog.js';
import { fallenStore } from './log/fallen.js';
import { TopBar } from './TopBar.js';
import { Workspace } from './Workspace.js';

/** The product on one side, those who roll it out on the other. */
export function App(): ReactNode {
  const user = useValue(userStore);
  const visit = useValue(visitStore);
  // A visit is a client of its own, as a page that is opened anew would have.
  const client = useMemo(() => createVisit(user, visit), [user, visit]);

  useEffect(() => {
    fallenStore.set({});
    return () => client.close();
  }, [client]);

  return (
    <SwitchbackProvider client={client}>
      <a className="skip" href="#workspace">
        Skip to the workspace
      </a>
      <TopBar />
      <Service />
      <Banner />
      <div className="layout">
        <main id="workspace" tabIndex={-1}>
          <Workspace key={`${user}:${visit}`} />
        </main>
        <ControlRoom />
        <Evidence />
      </div>
    </SwitchbackProvider>
  );
}

function Service(): null {
  useService();
  return null;
}

function createVisit(user: string, visit: number): SwitchbackClient {
  return createSwitchback({
    features,
    url: '/api',
    context: { targetingKey: user },
    // What the visit before knew, so that the first paint is right; on the first visit panels wait a moment instead.
    initial: publishedStore.get(),
    waitMs: 2_000,
    overrides: { allow: 'all' },
    build: `demo-visit-${visit}`,
    onExposure: ({ feature, version, reason }) =>
      log('exposure', `${nameOf(feature)}: ${user} sees ${version} (${reason})`),
    onFallback: ({ feature, phase, error }) => {
      if (feature !== null && isDemoFeature(feature)) fallenStore.set((fallen) => ({ ...fallen, [feature]: phase }));
      log('fallback', `${nameOf(feature)}: v2 failed in ${phase}, v1 took over (${String(error)})`);
    },
    // What the connection says of itself is in the log already, once.
    onInternalFault: (operation, error) => {
      if (!connectionFaults.has(operation)) log('connection', `${operation}: ${String(error)}`);
    },
  });
}

const connectionFaults: ReadonlySet<string> = new Set(['stream', 'snapshot', 'report']);

const nameOf = (feature: string | null): string =>
  feature !== null && isDemoFeature(feature) ? featureNames[feature] : (feature ?? 'a boundary');
