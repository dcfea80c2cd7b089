import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from '../../../src/service/embedded/startEmbeddedPostgres.js';
import { createPostgresStore } from '../../../src/service/postgresStore.js';

// A process of its own: writes as fast as it can, and prints each revision once it is acknowledged.
const origin = { actor: 'child', source: 'api', reason: null, requestId: null } as const;
const { connectionString } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
const store = await createPostgresStore({ connectionString });
createInterface(process.stdin).on('line', () => process.exit(0));
const state = await store.readState();
let { revision } = state;
if (!state.features.has('counter'))
  ({ revision } = await store.createFeature('counter', { config: { written: 1 } }, origin));
for (;;) {
  ({ revision } = await store.changeFeature('counter', { config: { written: revision + 1 } }, null, origin));
  process.stdout.write(`${revision}\n`);
}
