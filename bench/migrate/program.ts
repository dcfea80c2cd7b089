// What the bench runs, bundled for Node as a host's server would have it.
import { createSwitchback } from '../../src/client/index.js';
export { createShadow, migrateData, safely } from '../../src/migrate/index.js';
export { postgresStore } from '../../test/migrate/examples/postgresStore.js';
export { sqliteStore } from '../../test/migrate/examples/sqliteStore.js';

/** A client whose feature is on v2 for everybody, or for nobody. */
export function clientOf(percentage: number) {
  return createSwitchback({
    features: { titles: {} },
    context: { targetingKey: 'user-1' },
    initial: {
      schema: 1,
      kind: 'rules',
      epoch: 1,
      revision: 1,
      publishedAt: '2026-01-01T00:00:00.000Z',
      emergency: null,
      kills: [],
      features: { titles: { enabled: true, percentage } },
    },
    storage: false,
    sinks: [],
  });
}
